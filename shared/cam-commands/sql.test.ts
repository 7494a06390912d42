import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { Compilable } from 'kysely';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import type { Queries } from '../data/index.ts';
import { listQuery } from './command-service.ts';
import { claimCall, enqueueCall, finishCall, heartbeatCall } from './work-queue-mssql.ts';
import { claimStatement } from './work-queue-sqlite.ts';

const CLAIM = {
  claimId: 'claim',
  workstation: 'WS-1',
  applications: ['esprit', 'solidworks'],
  now: '2030-01-01T00:00:00.000Z',
  leaseUntil: '2030-01-01T00:00:30.000Z',
} as const;

const ITEM = {
  workItemId: 'attempt',
  attemptId: 'attempt',
  commandId: 'command',
  run: 1,
  attempt: 2,
  fence: 10002,
  application: 'esprit',
  priority: 5,
  notBefore: CLAIM.now,
  enqueuedAt: CLAIM.now,
} as const;
const FENCE = { attemptId: 'attempt', fence: 10002, workstation: 'WS-1' };

function compileOnly(build: (read: Queries) => Compilable) {
  return compileBoth(({ read }) => build(read));
}

describe('SQL of the work queue', () => {
  it('claims by one statement on SQLite', () => {
    const { sqlite } = compileOnly((read) => ({ compile: () => claimStatement(CLAIM).compile(read) }));
    expect(sqlite.sql.replaceAll(/\s+/g, ' ')).toBe(
      "update CamWorkItem set state = 'Claimed', workstation = ?, claimId = ?, leaseUntil = ? where seq = ( select seq from CamWorkItem where state = 'Waiting' and cancelRequested = 0 and notBefore <= ? and application in (?, ?) order by priority desc, seq limit 1 ) returning seq",
    );
    expect(sqlite.parameters).toEqual(['WS-1', 'claim', CLAIM.leaseUntil, CLAIM.now, 'esprit', 'solidworks']);
  });

  it.each([
    [
      'enqueue',
      enqueueCall(ITEM),
      'exec mcms.EnqueueWorkItem @1, @2, @3, @4, @5, @6, @7, @8, @9, @10',
      [
        'uniqueidentifier',
        'uniqueidentifier',
        'uniqueidentifier',
        'int',
        'int',
        'int',
        'nvarchar(24)',
        'int',
        'datetime2(3)',
        'datetime2(3)',
      ],
    ],
    [
      'claim',
      claimCall(CLAIM),
      'exec mcms.ClaimWorkItem @1, @2, @3, @4, @5, @6',
      ['uniqueidentifier', 'nvarchar(100)', 'datetime2(3)', 'datetime2(3)', 'nvarchar(24)', 'nvarchar(24)'],
    ],
    [
      'heartbeat',
      heartbeatCall(FENCE, CLAIM.leaseUntil),
      'exec mcms.HeartbeatWorkItem @1, @2, @3, @4',
      ['uniqueidentifier', 'int', 'nvarchar(100)', 'datetime2(3)'],
    ],
    ['finish', finishCall('attempt', 10002), 'exec mcms.FinishWorkItem @1, @2', ['uniqueidentifier', 'int']],
  ] as const)('calls a procedure to %s on SQL Server', (_operation, call, text, types) => {
    const { mssql } = compileOnly((read) => ({ compile: () => call.compile(read) }));
    expect(mssql.sql).toBe(text);
    expect(mssql.types).toEqual(types);
  });

  it.each(['0011_work_queue_procedures.sql', '0012_work_queue_memory_optimized.sql'])(
    'gives arguments in the order of the parameters of %s',
    async (file) => {
      const text = await readFile(`infra/sql/mssql/${file}`, 'utf8');
      for (const call of [
        enqueueCall(ITEM),
        claimCall(CLAIM),
        heartbeatCall(FENCE, CLAIM.leaseUntil),
        finishCall('attempt', 10002),
      ]) {
        const { mssql } = compileOnly((read) => ({ compile: () => call.compile(read) }));
        const procedure = /mcms\.\w+/.exec(mssql.sql)?.[0] ?? '';
        const declared =
          new RegExp(`PROCEDURE ${procedure}\\s+([^]*?)\\n(?:AS|WITH)\\b`).exec(text)?.[1] ?? '';
        expect(declared.split(',').map((parameter) => parameter.trim().split(' ')[1])).toEqual(mssql.types);
      }
    },
  );

  it('claims for one application as for two', () => {
    const call = claimCall({ ...CLAIM, applications: ['solidworks'] });
    const { mssql } = compileOnly((read) => ({ compile: () => call.compile(read) }));
    expect(mssql.parameters.slice(4)).toEqual(['solidworks', null]);
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
      `select * from "CamCommand" where "status" = ? and "routingId" = ? and "requestedAt" >= ? and "requestedAt" < ? and (instr(lower("CamCommand"."itemCode"), lower(?)) > 0 or instr(lower("CamCommand"."commandType"), lower(?)) > 0 or instr(lower("CamCommand"."requestedBy"), lower(?)) > 0 or instr(lower("CamCommand"."errorMessage"), lower(?)) > 0) and "CamCommand"."seq" < ? order by "CamCommand"."seq" desc limit ?`,
    );
    const pattern = '100%_x';
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
