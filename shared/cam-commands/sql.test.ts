import { describe, expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { listQuery } from './command-service.ts';
import { claimStatement } from './work-queue.ts';

const CLAIM = {
  claimId: 'claim',
  workstation: 'WS-1',
  applications: ['esprit', 'solidworks'],
  now: '2030-01-01T00:00:00.000Z',
  leaseUntil: '2030-01-01T00:00:30.000Z',
} as const;

describe('SQL of the claim', () => {
  const { sqlite, mssql } = compileBoth(({ read, dialect }) => ({
    compile: () => claimStatement(dialect, CLAIM).compile(read),
  }));

  it('is one statement on SQLite', () => {
    expect(sqlite.sql).toBe(
      'update CamWorkItem set state = ?, workstation = ?, claimId = ?, leaseUntil = ? where seq = (select seq from CamWorkItem where state = ? and cancelRequested = ? and notBefore <= ? and application in (?, ?) order by priority desc, seq limit 1) returning seq',
    );
    expect(sqlite.parameters).toEqual([
      'Claimed',
      'WS-1',
      'claim',
      CLAIM.leaseUntil,
      'Waiting',
      0,
      CLAIM.now,
      'esprit',
      'solidworks',
    ]);
  });

  it('is one statement on SQL Server, which passes over rows that others are claiming', () => {
    expect(mssql.sql).toBe(
      'update mcms.CamWorkItem set state = @1, workstation = @2, claimId = @3, leaseUntil = @4 output inserted.seq where state = @5 and seq = (select top (1) seq from mcms.CamWorkItem with (rowlock, updlock, readpast) where state = @6 and cancelRequested = @7 and notBefore <= @8 and application in (@9, @10) order by priority desc, seq)',
    );
    expect(mssql.parameters).toEqual([
      'Claimed',
      'WS-1',
      'claim',
      CLAIM.leaseUntil,
      'Waiting',
      'Waiting',
      0,
      CLAIM.now,
      'esprit',
      'solidworks',
    ]);
  });
});

describe('SQL of the list of commands', () => {
  const filter = {
    status: 'Failed',
    routingId: 'r',
    q: '100%_x',
    from: new Date('2030-01-01T00:00:00Z'),
    to: new Date('2030-02-01T00:00:00Z'),
  };

  it('starts after a key and takes one row more than the page on SQLite', () => {
    const { sqlite } = compileBoth((source) => listQuery(source, filter, { top: 100, after: { seq: 7 } }));
    expect(sqlite.sql).toBe(
      `select * from "CamCommand" where "status" = ? and "routingId" = ? and "requestedAt" >= ? and "requestedAt" < ? and (lower("itemCode") like ? escape '\\' or lower("commandType") like ? escape '\\' or lower("requestedBy") like ? escape '\\' or lower("errorMessage") like ? escape '\\') and "CamCommand"."seq" < ? order by "CamCommand"."seq" desc limit ?`,
    );
    const pattern = '%100\\%\\_x%';
    expect(sqlite.parameters).toEqual([
      'Failed',
      'r',
      '2030-01-01T00:00:00.000Z',
      '2030-02-01T00:00:00.000Z',
      pattern,
      pattern,
      pattern,
      pattern,
      7,
      101,
    ]);
  });

  it('uses top and the schema on SQL Server', () => {
    const { mssql } = compileBoth((source) => listQuery(source, { status: 'Failed' }, { top: 100 }));
    expect(mssql.sql).toBe(
      'select top(101) * from "mcms"."CamCommand" where "status" = @1 order by "mcms"."CamCommand"."seq" desc',
    );
  });
});
