import { expect, it } from '@jest/globals';
import { plainValue } from '../../../shared/data/bound.ts';
import type { Database } from '../../../shared/data/index.ts';
import { createHistoryService } from '../../../shared/history/index.ts';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { openBareSqlite } from './bare-sqlite.ts';
import { recordStatements } from './recording.ts';

const AT = '2026-01-01T00:00:00.000Z';

it('records what a use sends and leaves nothing of it, until the bare driver sends the same', async () => {
  const { database, path } = await createTestDatabase();
  const count = async () => (await database.read.selectFrom('Item').select('seq').execute()).length;
  const item = { itemId: crypto.randomUUID(), itemCode: 'A', name: 'A', description: null, version: 1 };
  const stamps = { createdAt: AT, createdBy: 'b', changedAt: AT, changedBy: 'b' };
  const statements = await recordStatements(database, async (db) => {
    await db.transaction((trx) =>
      trx
        .insertInto('Item')
        .values({ ...item, ...stamps })
        .execute(),
    );
    await db.read.selectFrom('Item').select('seq').execute();
  });
  expect(statements.map(({ sql, inTransaction }) => [sql.split('"Item"')[0], inTransaction])).toEqual([
    ['insert into ', true],
    ['select "seq" from ', false],
  ]);
  expect(await count()).toBe(0);

  const bare = openBareSqlite(path);
  expect(await bare.ready(statements)()).toBe(1);
  bare.close();
  expect(await count()).toBe(1);
});

it('records the values that go to the driver, also of queries that were compiled before', async () => {
  const { database } = await createTestDatabase();
  const list = (db: Database) =>
    createHistoryService({ database: db }).list({ filter: { itemCode: 'A' }, count: 3 });
  await list(database);
  const [statement, ...others] = await recordStatements(database, list);
  expect(statement?.parameters.map(plainValue)).toEqual(['A', 4]);
  expect(others).toEqual([]);
});
