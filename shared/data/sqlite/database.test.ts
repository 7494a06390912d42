import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../../tests/support/database.ts';
import { type Database, DatabaseUnavailableError, isUniqueViolation, openDatabase } from '../index.ts';

const content = (digit: string) => ({
  sha256: digit.repeat(64),
  sizeBytes: 1,
  storedAt: '2026-01-01T00:00:00.000Z',
});
const insert = (database: Database, digit: string) =>
  database.transaction((trx) => trx.insertInto('StoredFile').values(content(digit)).execute());
const count = async (database: Database): Promise<number> =>
  (await database.read.selectFrom('StoredFile').select('sha256').execute()).length;

describe('SQLite database', () => {
  it('rolls back everything when the work throws', async () => {
    const { database } = await createTestDatabase();
    const work = database.transaction(async (trx) => {
      await trx.insertInto('StoredFile').values(content('a')).execute();
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await count(database)).toBe(0);
  });

  it('shows readers nothing of a transaction that is under way', async () => {
    const { database } = await createTestDatabase();
    await database.transaction(async (trx) => {
      await trx.insertInto('StoredFile').values(content('a')).execute();
      expect(await count(database)).toBe(0);
    });
    expect(await count(database)).toBe(1);
  });

  it('runs transactions that are started together one after the other', async () => {
    const { database } = await createTestDatabase();
    await insert(database, '0');
    const grow = () =>
      database.transaction(async (trx) => {
        const row = await trx.selectFrom('StoredFile').select('sizeBytes').executeTakeFirstOrThrow();
        await trx
          .updateTable('StoredFile')
          .set({ sizeBytes: row.sizeBytes + 1 })
          .execute();
      });
    await Promise.all(Array.from({ length: 50 }, grow));
    const { sizeBytes } = await database.read
      .selectFrom('StoredFile')
      .select('sizeBytes')
      .executeTakeFirstOrThrow();
    expect(sizeBytes).toBe(51);
  });

  it('tells a duplicate key from other failures', async () => {
    const { database } = await createTestDatabase();
    await insert(database, 'a');
    const error: unknown = await insert(database, 'a').catch((reason: unknown) => reason);
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(new Error('other'))).toBe(false);
  });

  it('shows columns that another program has added since a query first ran', async () => {
    const { database, path } = await createTestDatabase();
    await insert(database, 'a');
    // Not the one that holds every statement against the catalogue: this one is of no use to the product.
    await using opened = {
      database: await openDatabase(`sqlite:${path}`),
      [Symbol.asyncDispose]: () => opened.database.close(),
    };
    const read = () => opened.database.read.selectFrom('StoredFile').selectAll().execute();
    await read();
    const other = new DatabaseSync(path);
    other.exec("ALTER TABLE StoredFile ADD COLUMN shelf TEXT NOT NULL DEFAULT 'top'");
    other.close();
    expect(await read()).toEqual([{ seq: 1, ...content('a'), shelf: 'top' }]);
  });

  it('keeps foreign keys', async () => {
    const { database } = await createTestDatabase();
    const orphan = database.transaction((trx) =>
      trx
        .insertInto('ItemRevision')
        .values({
          itemRevisionId: crypto.randomUUID(),
          itemCode: 'nowhere',
          revisionCode: 'A',
          description: null,
          createdAt: '2026-01-01T00:00:00.000Z',
          createdBy: 'kim',
        })
        .execute(),
    );
    await expect(orphan).rejects.toThrow(/FOREIGN KEY/);
  });

  it('waits for another program’s lock and goes on when it is given up', async () => {
    const { database, path } = await createTestDatabase();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const writing = insert(database, 'a');
    setImmediate(() => {
      other.exec('COMMIT');
      other.close();
    });
    await writing;
    expect(await count(database)).toBe(1);
  });

  it('answers as unavailable while the lock lasts, and does not stop the process for it', async () => {
    const { database, path } = await createTestDatabase();
    const other = new DatabaseSync(path);
    other.exec('BEGIN EXCLUSIVE');
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 10);
    await expect(insert(database, 'a')).rejects.toBeInstanceOf(DatabaseUnavailableError);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(10);
    other.exec('ROLLBACK');
    other.close();
    await insert(database, 'a');
    expect(await count(database)).toBe(1);
  });

  it('answers as unavailable while the file is gone, and finds everything when it is back', async () => {
    const { database, path } = await createTestDatabase();
    await insert(database, 'a');
    renameSync(path, `${path}.away`);
    await expect(count(database)).rejects.toBeInstanceOf(DatabaseUnavailableError);
    await expect(insert(database, 'b')).rejects.toBeInstanceOf(DatabaseUnavailableError);
    renameSync(`${path}.away`, path);
    await insert(database, 'b');
    expect(await count(database)).toBe(2);
  });

  it('reads and writes the file that stands at the path now, not the one it opened', async () => {
    const { database, path } = await createTestDatabase();
    await insert(database, 'a');
    await database.read.selectFrom('StoredFile').select('seq').execute();
    const folded = new DatabaseSync(path);
    folded.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    folded.close();
    copyFileSync(path, `${path}.restored`);
    await insert(database, 'b');
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    renameSync(`${path}.restored`, path);

    expect(await count(database)).toBe(1);
    await insert(database, 'c');
    const other = new DatabaseSync(path, { readOnly: true });
    expect(other.prepare('SELECT count(*) AS n FROM StoredFile').get()).toEqual({ n: 2 });
    other.close();
  });
});
