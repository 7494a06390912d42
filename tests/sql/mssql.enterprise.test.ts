/**
 * What SQL Server alone can show: the memory-optimized queue, compression and speed of the columnstore, a regression of a plan that is
 * forced back, a long query that the event session sees. Takes about ten minutes.
 *
 * Run on purpose only, with `TEST_SQL_CONNECTION` naming a SQL Server 2022 or later with Enterprise features (Developer edition) as an
 * administrator: a server that lacks something fails here, nothing is skipped. The tests build on each other, in order.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { workQueueOf } from '../../shared/cam-commands/work-queue.ts';
import { archiveHistory } from '../../shared/history/index.ts';
import { decideColumnstore } from '../../shared/sql-upkeep/columnstore/decide.ts';
import {
  PlanGuard,
  StatementWatch,
  createColumnstoreRepository,
  createPlanRepository,
  createStatementRepository,
  maintainColumnstore,
} from '../../shared/sql-upkeep/index.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { claimIn } from '../support/claims.ts';
import { COPY_TO_ROWSTORE, HISTORY_ROWS, INSERT_HISTORY, analyticQuery } from './enterprise/history-rows.ts';
import { type ProofDatabase, createProofDatabase, medianMs } from './enterprise/server.ts';

const MINUTES = 60_000;
const NOW = '2030-01-01T00:00:00.000Z';

let proof: ProofDatabase;
beforeAll(async () => {
  proof = await createProofDatabase();
  // Plans by parameter alone, as the proof of the guard needs them.
  await proof.run('ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = 150');
  await proof.migrate();
}, 5 * MINUTES);
afterAll(async () => {
  await proof.drop();
}, MINUTES);

const enqueue = (priority: number, application = 'esprit') => {
  const attemptId = randomUUID();
  return proof.database
    .transaction((trx) =>
      workQueueOf(proof.database).enqueue(trx, {
        workItemId: attemptId,
        attemptId,
        commandId: randomUUID(),
        run: 1,
        attempt: 1,
        fence: 10_001,
        application,
        priority,
        notBefore: NOW,
        enqueuedAt: NOW,
        laneId: 0,
        requestedBy: attemptId,
      }),
    )
    .then(() => attemptId);
};
const claim = (claimId: string = randomUUID()) => claimIn(proof.database, { claimId });

describe('the work queue', () => {
  it(
    'becomes memory-optimized when the database can, with the items in flight',
    async () => {
      const claimId = randomUUID();
      const [low, high] = [await enqueue(1), await enqueue(9, 'solidworks')];
      const held = await claim(claimId);
      expect(held?.attemptId).toBe(high);

      await proof.addMemoryOptimizedFilegroup();
      await proof.migrate();

      expect(
        await proof.run(`
        SELECT t.is_memory_optimized AS hot, t.durability_desc AS durability,
          (SELECT COUNT(*) FROM sys.sql_modules WHERE uses_native_compilation = 1) AS nativeProcedures
        FROM sys.tables AS t WHERE t.object_id = OBJECT_ID(N'mcms.CamWorkItem')`),
      ).toEqual([{ hot: 1, durability: 'SCHEMA_AND_DATA', nativeProcedures: 7 }]);
      expect(await claim(claimId)).toEqual(held);
      expect((await claim())?.attemptId).toBe(low);
      expect(await claim()).toBeUndefined();
      const queue = workQueueOf(proof.database);
      const fence = { attemptId: low, fence: 10_001, workstation: 'WS-1' };
      const later = '2030-01-01T00:01:00.000Z';
      await proof.database.transaction(async (trx) => {
        expect(await queue.heartbeat(trx, fence, later)).toEqual({ cancelRequested: false });
        expect(await queue.heartbeat(trx, { ...fence, workstation: 'WS-2' }, later)).toBeUndefined();
        expect(await queue.finish(trx, low, 1)).toBe(false);
        expect(await queue.finish(trx, low, 10_001)).toBe(true);
        expect(await queue.finish(trx, low, 10_001)).toBe(false);
      });
    },
    5 * MINUTES,
  );

  it(
    'gives no item to two of many claims at once, and every item to one',
    async () => {
      for (let index = 0; index < 60; index += 1) await enqueue(index % 5);
      const taken: string[] = [];
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let found = await claim(); found; found = await claim()) taken.push(found.attemptId);
        }),
      );
      expect(new Set(taken).size).toBe(60);
      expect(taken).toHaveLength(60);
    },
    2 * MINUTES,
  );
});

describe('a licence pool', () => {
  it(
    'gives out no more seats than it has to many claims at once, on the memory-optimized table',
    async () => {
      for (let index = 0; index < 20; index += 1) await enqueue(5);
      const free = await proof.database.read
        .selectFrom('CamWorkItem')
        .select((eb) => eb.fn.countAll<number>().as('held'))
        .where('state', '=', 'Claimed')
        .executeTakeFirstOrThrow();
      const seats = Number(free.held) + 3;
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          claimIn(proof.database, { workstation: `WS-${index}`, licencePools: { esprit: seats } }),
        ),
      );
      expect(claims.filter(Boolean)).toHaveLength(3);
    },
    2 * MINUTES,
  );
});

describe('history in a columnstore', () => {
  const columnstore = () =>
    createColumnstoreRepository(proof.database, () =>
      Promise.resolve({ ...proof.database, close: async () => undefined }),
    );

  it(
    'takes a fifth of the room that a plain table takes',
    async () => {
      await proof.run(INSERT_HISTORY);
      await proof.run('EXEC mcms.RebuildHistory @archive = 0, @online = 0');
      await proof.run(COPY_TO_ROWSTORE);
      const [size] = await proof.run<{ columnstore: number; rowstore: number }>(`
      SELECT
        (SELECT CONVERT(int, SUM(used_page_count)) FROM sys.dm_db_partition_stats WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND index_id = 1) AS columnstore,
        (SELECT CONVERT(int, SUM(used_page_count)) FROM sys.dm_db_partition_stats WHERE object_id = OBJECT_ID(N'dbo.HistoryRowstore') AND index_id = 1) AS rowstore`);
      expect((size?.rowstore ?? 0) / (size?.columnstore ?? Number.NaN)).toBeGreaterThanOrEqual(5);
    },
    10 * MINUTES,
  );

  it(
    'answers an analytic query ten times as fast',
    async () => {
      const plain = await medianMs(proof.database, analyticQuery('dbo.HistoryRowstore'));
      const columns = await medianMs(proof.database, analyticQuery('mcms.HistoryEntry'));
      expect(plain / columns).toBeGreaterThanOrEqual(10);
    },
    5 * MINUTES,
  );

  it(
    'reads a page from one B-tree, without looking anything up',
    async () => {
      await proof.run(`
      SELECT TOP (201) * FROM mcms.HistoryEntry
      WHERE changedBy = N'engineer7@shop.example' AND changedAt <= '2025-01-01'
      ORDER BY changedAt DESC, seq DESC OPTION (RECOMPILE) /* a page */`);
      const [plan] = await proof.run<{ lookups: number; seeks: number }>(`
      SELECT TOP (1)
        CONVERT(int, p.query_plan.exist('declare default element namespace "http://schemas.microsoft.com/sqlserver/2004/07/showplan"; //IndexScan[@Lookup="1"]')) AS lookups,
        CONVERT(int, p.query_plan.exist('declare default element namespace "http://schemas.microsoft.com/sqlserver/2004/07/showplan"; //Object[@Index="[IX_HistoryEntry_changedBy]"]')) AS seeks
      FROM sys.query_store_query_text AS t
      JOIN sys.query_store_query AS q ON q.query_text_id = t.query_text_id
      JOIN sys.query_store_plan AS sp ON sp.query_id = q.query_id
      CROSS APPLY (SELECT TRY_CAST(sp.query_plan AS xml) AS query_plan) AS p
      WHERE t.query_sql_text LIKE N'%/* a page */%' AND t.query_sql_text NOT LIKE N'%query_store%'`);
      expect(plan).toEqual({ lookups: 0, seeks: 1 });
    },
    MINUTES,
  );

  it(
    'tells the span of each row group, in order after a rebuild, and has nothing to do then',
    async () => {
      const groups = (await columnstore().rowGroups()).filter(
        ({ table, state }) => table === 'HistoryEntry' && state === 'COMPRESSED',
      );
      expect(groups.reduce((sum, { totalRows }) => sum + totalRows, 0)).toBe(HISTORY_ROWS);
      for (const { span } of groups) expect(span && span.first <= span.last).toBe(true);
      expect(decideColumnstore(groups)).toMatchObject({
        action: 'nothing',
        figures: { overlappingGroups: 0 },
      });
      expect(await maintainColumnstore(columnstore())).toMatchObject([
        { table: 'HistoryEntry', action: 'nothing' },
      ]);
    },
    MINUTES,
  );

  it(
    'sees row groups that share their time',
    async () => {
      for (let load = 0; load < 2; load += 1) {
        await proof.run(`
        INSERT INTO mcms.HistoryEntry WITH (TABLOCK) (historyId, itemCode, changeType, changedAt, changedBy, actorKind)
        SELECT TOP (120000) NEWID(), itemCode, changeType, changedAt, changedBy, actorKind FROM dbo.HistoryRowstore WHERE seq % 3 = ${load}`);
      }
      const groups = (await columnstore().rowGroups()).filter(({ table }) => table === 'HistoryEntry');
      expect(decideColumnstore(groups).figures.overlappingGroups).toBeGreaterThan(1);
    },
    5 * MINUTES,
  );

  it(
    'moves old entries to the archive',
    async () => {
      const [old] = await proof.run<{ count: number }>(
        "SELECT COUNT_BIG(*) AS count FROM mcms.HistoryEntry WHERE changedAt < '2024-01-15'",
      );
      const clock = { now: () => new Date('2025-01-15T00:00:00.000Z') };
      const afterMs = 366 * 24 * 3_600_000;
      let archived = 0;
      for (let moved = 4000; moved === 4000; archived += moved) {
        moved = await archiveHistory({ database: proof.database, clock }, { afterMs, count: 4000 });
      }
      expect(archived).toBe(old?.count);
      expect(
        await proof.run(`
        SELECT (SELECT COUNT_BIG(*) FROM mcms.HistoryArchive) AS count,
          (SELECT data_compression_desc FROM sys.partitions WHERE object_id = OBJECT_ID(N'mcms.HistoryArchive') AND index_id = 1) AS compression`),
      ).toEqual([{ count: archived, compression: 'COLUMNSTORE_ARCHIVE' }]);
    },
    5 * MINUTES,
  );
});

describe('the plan guard', () => {
  /** Of 400,000 rows one has kind 1: a plan made for it looks up each row of kind 2. */
  const QUERY =
    "EXEC sp_executesql N'SELECT AVG(LEN(filler)) AS skewed FROM dbo.Skew WHERE kind = @kind', N'@kind int', @kind = ";
  const execute = (kind: number, times: number) =>
    proof.run(`
      DECLARE @i int = 0, @from datetime2(3) = SYSDATETIME();
      WHILE @i < ${times} BEGIN ${QUERY}${kind}; SET @i += 1; END
      SELECT DATEDIFF(millisecond, @from, SYSDATETIME()) AS ms`);
  const elapsedMs = async (kind: number, times: number) =>
    Number((await execute(kind, times)).at(-1)?.['ms']);
  const recompile = () => proof.run('ALTER DATABASE SCOPED CONFIGURATION CLEAR PROCEDURE_CACHE');
  const guard = () => {
    const plans = createPlanRepository(proof.database);
    // Hours of history are minutes here.
    const hurried = { ...plans, runtimes: () => plans.runtimes({ recentMinutes: 2, historyMinutes: 60 }) };
    return new PlanGuard({ repository: hurried, clock: systemClock });
  };
  const forcedPlans = () =>
    proof.run<{ planId: string }>(
      "SELECT plan_id AS planId FROM sys.query_store_plan WHERE is_forced_plan = 1 AND plan_forcing_type_desc = N'MANUAL'",
    );

  it(
    'forces the last good plan back, where the engine does not, and sees that it holds',
    async () => {
      await proof.run(`
      CREATE TABLE dbo.Skew (id int IDENTITY PRIMARY KEY, kind int NOT NULL, filler char(200) NOT NULL DEFAULT 'x');
      INSERT INTO dbo.Skew (kind) VALUES (1);
      INSERT INTO dbo.Skew WITH (TABLOCK) (kind) SELECT TOP (400000) 2 FROM dbo.HistoryRowstore;
      CREATE INDEX IX_Skew_kind ON dbo.Skew (kind);`);
      await proof.run('ALTER DATABASE CURRENT SET AUTOMATIC_TUNING (FORCE_LAST_GOOD_PLAN = OFF)');
      await proof.run(
        'ALTER DATABASE CURRENT SET QUERY_STORE (INTERVAL_LENGTH_MINUTES = 1, QUERY_CAPTURE_MODE = ALL)',
      );
      await recompile();
      const goodMs = await elapsedMs(2, 40);
      expect(await guard().round()).toMatchObject({ forced: 0, ended: 0 });

      await delay(4 * MINUTES);
      await recompile();
      await execute(1, 1);
      const badMs = await elapsedMs(2, 40);
      expect(badMs / goodMs).toBeGreaterThan(3);

      expect(await guard().round()).toMatchObject({ forced: 1 });
      expect(await forcedPlans()).toHaveLength(1);
      expect(await elapsedMs(2, 40)).toBeLessThan(badMs / 3);

      // The runtimes of an interval that began after the forcing.
      await delay(1.5 * MINUTES);
      await execute(2, 20);
      expect(await guard().round()).toMatchObject({ kept: 1, ended: 0 });
      expect(await forcedPlans()).toHaveLength(1);
    },
    15 * MINUTES,
  );

  it(
    'sets free what made it worse',
    async () => {
      const plans = createPlanRepository(proof.database);
      const [forcing] = (await plans.forcings(60)).filter(({ endedAt }) => endedAt === null);
      if (!forcing) throw new Error('the forcing of the test before is gone');
      await plans.end(forcing, { outcome: 'stood-long-enough', unforce: true });
      await plans.force({
        queryId: forcing.queryId,
        regressedPlanId: forcing.planId,
        regressedCpuMicros: forcing.goodCpuMicros,
        goodPlanId: forcing.regressedPlanId,
        goodCpuMicros: 1,
        gainSeconds: 100,
        foundBy: 'runtimes',
      });
      await delay(1.5 * MINUTES);
      await execute(2, 20);
      expect(await guard().round()).toMatchObject({ ended: 1, forced: 0 });
      expect(await forcedPlans()).toEqual([]);
      expect((await plans.forcings(60)).map(({ outcome }) => outcome)).toEqual([3, 2]);
    },
    10 * MINUTES,
  );
});

describe('the event session', () => {
  it(
    'names a query that took long, once',
    async () => {
      const watch = new StatementWatch({ repository: createStatementRepository(proof.database) });
      await delay(15_000);
      await watch.round();
      await proof.run(`
      SELECT COUNT_BIG(*) AS aLongQuery
      FROM dbo.HistoryRowstore AS a JOIN (SELECT TOP (60) 1 AS n FROM dbo.HistoryRowstore) AS b ON a.seq % 7 <> b.n
      OPTION (MAXDOP 1, LOOP JOIN)`);
      await delay(20_000);
      const found = (await watch.round()).find(({ queryText }) => queryText.includes('aLongQuery'));
      expect(found).toMatchObject({ statements: 1, queryHash: expect.stringMatching(/^0x[0-9A-F]{16}$/) });
      expect(found?.longestMs).toBeGreaterThanOrEqual(1000);
      expect((await watch.round()).filter(({ queryText }) => queryText.includes('aLongQuery'))).toEqual([]);
    },
    3 * MINUTES,
  );
});
