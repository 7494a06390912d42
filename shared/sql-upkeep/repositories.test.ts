import { describe, expect, it } from '@jest/globals';
import { DummyDriver, Kysely, MssqlAdapter, MssqlIntrospector, MssqlQueryCompiler } from 'kysely';
import { TypedValue, plainValue } from '../data/bound.ts';
import type { Database, Schema } from '../data/index.ts';
import { declarationOf } from '../data/sql-type.ts';
import { createColumnstoreRepository } from './columnstore/repository.ts';
import { createPlanRepository } from './plans/repository.ts';
import { createStatementRepository } from './statements/repository.ts';

/** A SQL Server that answers nothing, and what was sent to it. */
function setUp() {
  const sent: (readonly [sql: string, ...parameters: string[]])[] = [];
  const read = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new MssqlAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new MssqlIntrospector(db),
      createQueryCompiler: () => new MssqlQueryCompiler(),
    },
    log: ({ query }) => {
      sent.push([query.sql, ...query.parameters.map(describeParameter)]);
    },
  });
  const database = { dialect: 'mssql', read, close: async () => undefined } as Partial<Database> as Database;
  return { database, sent };
}

function describeParameter(parameter: unknown): string {
  const type = parameter instanceof TypedValue ? declarationOf(parameter.type) : 'untyped';
  return `${type} ${String(plainValue(parameter))}`;
}

describe('what upkeep sends to SQL Server', () => {
  it('asks for capabilities', async () => {
    const { database, sent } = setUp();
    await createPlanRepository(database).capabilities();
    expect(sent).toEqual([['select name from dbo.McmsCapability where available = 1']]);
  });

  it('looks after the columnstores, with patience where it takes long', async () => {
    const { database, sent } = setUp();
    const patient = setUp();
    const repository = createColumnstoreRepository(database, async () => patient.database);
    await repository.rowGroups();
    await repository.reorganize('HistoryEntry', { compressAll: false });
    await repository.reorganize('HistoryArchive', { compressAll: true });
    await repository.rebuild('HistoryEntry');
    expect(sent).toEqual([['exec mcms.ListHistoryRowGroups']]);
    expect(patient.sent).toEqual([
      ['exec mcms.ReorganizeHistory @archive = @1, @compressAll = @2', 'bit 0', 'bit 0'],
      ['exec mcms.ReorganizeHistory @archive = @1, @compressAll = @2', 'bit 1', 'bit 1'],
      ['exec mcms.RebuildHistory @archive = @1, @online = @2', 'bit 0', 'bit 1'],
    ]);
  });

  it('reads and forces plans', async () => {
    const { database, sent } = setUp();
    const repository = createPlanRepository(database);
    await repository.tuning();
    await repository.recommendations();
    await repository.runtimes({ recentMinutes: 120, historyMinutes: 10_080 });
    await repository.forcings(10_080);
    await repository.queryText(7);
    await repository.force({
      queryId: 7,
      regressedPlanId: 2,
      regressedCpuMicros: 900_000.4,
      goodPlanId: 1,
      goodCpuMicros: 20_000.6,
      gainSeconds: 50,
      foundBy: 'runtimes',
    });
    await repository.end({ seq: 3 } as Parameters<typeof repository.end>[0], {
      outcome: 'made-it-worse',
      unforce: true,
    });
    expect(sent).toEqual([
      ['exec mcms.ReadPlanTuning'],
      ['exec mcms.ListPlanRecommendations'],
      ['exec mcms.ListPlanRuntimes @recentMinutes = @1, @historyMinutes = @2', 'int 120', 'int 10080'],
      ['exec mcms.ListPlanForcings @closedMinutes = @1', 'int 10080'],
      ['exec mcms.ReadQueryText @queryId = @1', 'bigint 7'],
      [
        'exec mcms.ForceQueryPlan @queryId = @1, @planId = @2, @regressedPlanId = @3, @regressedCpuMicros = @4, @goodCpuMicros = @5',
        'bigint 7',
        'bigint 1',
        'bigint 2',
        'bigint 900000',
        'bigint 20001',
      ],
      ['exec mcms.EndPlanForcing @seq = @1, @unforce = @2, @outcome = @3', 'bigint 3', 'bit 1', 'int 2'],
    ]);
  });

  it('reads the event session and takes note of it', async () => {
    const { database, sent } = setUp();
    const repository = createStatementRepository(database);
    expect(await repository.read()).toEqual({ running: false, incomplete: false, events: [] });
    await repository.accept();
    expect(sent).toEqual([['exec mcms.ReadStatementEvents'], ['exec mcms.AcceptStatementEvents']]);
  });

  it.each([229, 262, 297, 300, 371])(
    'takes error %i for a missing permission, and no other',
    async (number) => {
      const failing = (code: number) =>
        ({
          dialect: 'mssql',
          get read(): never {
            throw Object.assign(new Error('no'), { number: code });
          },
        }) as Partial<Database> as Database;
      expect(await createStatementRepository(failing(number)).read()).toBeUndefined();
      await expect(createStatementRepository(failing(208)).read()).rejects.toThrow('no');
    },
  );
});
