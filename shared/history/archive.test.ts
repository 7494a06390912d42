import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../tests/support/database.ts';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { archiveCall } from './archive.ts';
import { archiveHistory, recordHistory } from './index.ts';

const DAY_MS = 24 * 3_600_000;
const clock = { now: () => new Date('2026-01-31T00:00:00.000Z') };

async function setUp() {
  const { database } = await createTestDatabase();
  await database.transaction(async (trx) => {
    for (let day = 1; day <= 30; day += 1) {
      const at = `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
      await recordHistory(trx, { by: 'kim', kind: 'user', at, comment: '주석', traceId: 'a'.repeat(32) }, [
        {
          itemCode: 'I',
          revisionCode: 'A',
          routingId: randomUUID(),
          camRev: day,
          changeType: 'StepChanged',
          field: 'name',
          previousValue: 'a',
          currentValue: 'b',
        },
      ]);
    }
  });
  const entries = () => database.read.selectFrom('HistoryEntry').selectAll().orderBy('seq').execute();
  const archive = () => database.read.selectFrom('HistoryArchive').selectAll().orderBy('seq').execute();
  return { database, entries, archive };
}

describe('archiveHistory', () => {
  it('moves the oldest entries, whole, in batches, and stops where the rest is younger', async () => {
    const { database, entries, archive } = await setUp();
    const before = await entries();
    const moved: number[] = [];
    for (let round = 0; round < 4; round += 1)
      moved.push(await archiveHistory({ database, clock }, { afterMs: 20 * DAY_MS, count: 4 }));

    // Exactly twenty days is not older.
    expect(moved).toEqual([4, 4, 2, 0]);
    const archived = await archive();
    expect(archived.map(({ archivedAt: _, ...entry }) => entry)).toEqual(before.slice(0, 10));
    expect(new Set(archived.map((row) => row.archivedAt))).toEqual(new Set(['2026-01-31T00:00:00.000Z']));
    expect(await entries()).toEqual(before.slice(10));
  });

  it('leaves every entry in one place when it fails half-way', async () => {
    const { database, entries, archive } = await setUp();
    const failing = {
      ...database,
      transaction: <T>(work: Parameters<typeof database.transaction<T>>[0]) =>
        database.transaction<T>(async (trx) => {
          await work(trx);
          throw new Error('the process dies before the commit');
        }),
    };
    const archiving = archiveHistory({ database: failing, clock }, { afterMs: 20 * DAY_MS, count: 4 });
    await expect(archiving).rejects.toThrow('dies');
    expect(await entries()).toHaveLength(30);
    expect(await archive()).toHaveLength(0);
  });

  it('leaves the moving to a procedure on SQL Server', () => {
    const call = archiveCall({
      before: '2026-01-11T00:00:00.000Z',
      archivedAt: '2026-01-31T00:00:00.000Z',
      count: 4000,
    });
    expect(compileBoth(({ read }) => ({ compile: () => call.compile(read) })).mssql).toMatchObject({
      sql: 'exec mcms.ArchiveHistory @before = @1, @archivedAt = @2, @count = @3',
      types: ['datetime2(3)', 'datetime2(3)', 'int'],
    });
  });
});
