import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { Compilable } from 'kysely';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import type { Queries } from '../data/index.ts';
import { listQuery } from './command-service.ts';
import { headsQuery } from './lanes.ts';
import {
  claimCall,
  enqueueCall,
  findClaimCall,
  finishCall,
  heartbeatCall,
  lockCall,
} from './work-queue-mssql.ts';
import { turnOf } from './work-queue-sqlite.ts';

const NOW = '2030-01-01T00:00:00.000Z';
const CLAIM = {
  seq: 7,
  claimId: 'claim',
  workstation: 'WS-1',
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
  notBefore: NOW,
  enqueuedAt: NOW,
  laneId: 3,
  requestedBy: 'engineer',
} as const;
const FENCE = { attemptId: 'attempt', fence: 10002, workstation: 'WS-1' };

function compileOnly(build: (read: Queries) => Compilable) {
  return compileBoth(({ read }) => build(read));
}

describe('SQL of the work queue', () => {
  it('finds the turn of an item from the ends of two indexes on SQLite', () => {
    const { sqlite } = compileOnly((read) => ({ compile: () => turnOf(ITEM).compile(read) }));
    expect(sqlite.sql.replaceAll(/\s+/g, ' ')).toBe(
      "coalesce( (select max(turn) + 1 from CamWorkItem where state = 'Waiting' and application = ? and requestedBy = ? and priority = ?), (select min(turn) from CamWorkItem where state = 'Waiting' and application = ? and priority = ?), 0)",
    );
    expect(sqlite.parameters).toEqual(['esprit', 'engineer', 5, 'esprit', 5]);
  });

  it('reads the head of every lane by one statement of one shape', () => {
    const { sqlite, mssql } = compileBoth(({ read, dialect }) => headsQuery(read, dialect, NOW));
    const head = (where: string) =>
      `select "waiting"."seq" from "CamWorkItem" as "waiting" where "waiting"."state" = ? and "waiting"."cancelRequested" = ? and "waiting"."notBefore" <= ? and ${where} order by "waiting"."priority" desc, "waiting"."turn", "waiting"."seq" limit ?`;
    const unknown = `select "item"."laneId", "item"."application", '' as "commandType", '' as "postProcessor", '' as "machine", "item"."seq", "item"."workItemId", "item"."priority", "item"."turn" from "CamWorkItem" as "item" where "item"."seq" = (${head('"waiting"."laneId" = ? and "waiting"."application" = ?')})`;
    expect(sqlite.sql).toBe(
      `select "lane"."laneId", "lane"."application", "lane"."commandType", "lane"."postProcessor", "lane"."machine", "item"."seq", "item"."workItemId", "item"."priority", "item"."turn" from (select distinct "waits"."laneId" from "CamWorkItem" as "waits" where "waits"."state" = ?) as "busy" inner join "CamWorkLane" as "lane" on "lane"."laneId" = "busy"."laneId" inner join "CamWorkItem" as "item" on "item"."seq" = (${head('"waiting"."laneId" = "lane"."laneId"')}) union all ${unknown} union all ${unknown}`,
    );
    expect(mssql.sql).toContain('(select top(1) "waiting"."seq" from "mcms"."CamWorkItem" as "waiting"');
    expect(mssql.sql).not.toContain('limit');
  });

  it('locks by name for the length of the transaction on SQL Server', () => {
    const { mssql } = compileOnly((read) => ({ compile: () => lockCall('pauses').compile(read) }));
    expect(mssql.sql.replaceAll(/\s+/g, ' ')).toBe(
      "declare @granted int; exec @granted = sp_getapplock @Resource = @1, @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 20000; select @granted as granted",
    );
    expect(mssql.parameters).toEqual(['mcms-pauses']);
    expect(mssql.types).toEqual(['nvarchar(255)']);
  });

  it.each([
    [
      'enqueue',
      enqueueCall(ITEM),
      'exec mcms.EnqueueWork @1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12',
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
        'int',
        'nvarchar(200)',
      ],
    ],
    [
      'claim',
      claimCall(CLAIM),
      'exec mcms.ClaimWork @1, @2, @3, @4',
      ['bigint', 'uniqueidentifier', 'nvarchar(100)', 'datetime2(3)'],
    ],
    [
      'find a claim',
      findClaimCall(CLAIM),
      'exec mcms.FindClaim @1, @2',
      ['uniqueidentifier', 'nvarchar(100)'],
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

  it.each([
    [
      '0011_work_queue_procedures.sql',
      [heartbeatCall(FENCE, CLAIM.leaseUntil), finishCall('attempt', 10002)],
    ],
    ['0019_work_queue_lanes.sql', [enqueueCall(ITEM), claimCall(CLAIM), findClaimCall(CLAIM)]],
    [
      '0020_work_queue_lanes_memory_optimized.sql',
      [
        enqueueCall(ITEM),
        claimCall(CLAIM),
        findClaimCall(CLAIM),
        heartbeatCall(FENCE, CLAIM.leaseUntil),
        finishCall('attempt', 10002),
      ],
    ],
  ])('gives arguments in the order of the parameters of %s', async (file, calls) => {
    const text = await readFile(`infra/sql/mssql/${file}`, 'utf8');
    for (const call of calls) {
      const { mssql } = compileOnly((read) => ({ compile: () => call.compile(read) }));
      const procedure = /mcms\.\w+/.exec(mssql.sql)?.[0] ?? '';
      const declared = new RegExp(`PROCEDURE ${procedure}\\s+([^]*?)\\n(?:AS|WITH)\\b`).exec(text)?.[1] ?? '';
      expect(declared.split(',').map((parameter) => parameter.trim().split(' ')[1])).toEqual(mssql.types);
    }
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
