import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from '@jest/globals';
import { type Database, openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase } from '../../shared/data/migrate.ts';
import { onCleanUp } from './clean-up.ts';
import { createSqlServerDatabase } from './sql-server.ts';
import { isOnServer } from './sql-server-databases.ts';
import { expectKnownStatements, noting } from './statements.ts';

export const SQL_FOLDER = resolve('infra/sql');

export interface TestDatabase {
  /** Every statement that goes through it must stand in the catalogue (statements.ts). */
  readonly database: Database;
  /** What `openDatabase` takes. */
  readonly connection: string;
  /** Of the SQLite file. @throws on any other engine: a test that needs it is declared in sql-test-files.ts */
  readonly path: string;
}

afterAll(expectKnownStatements);

/**
 * A migrated, empty database of its own: a SQLite file, or under `npm run test:sql` one on that server. It lasts as long as the test
 * that made it, or as the test file when it was made outside of any.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { connection, path } = isOnServer()
    ? { ...(await createSqlServerDatabase()), path: undefined }
    : await createSqliteFile();
  const database = await openTestDatabase(connection);
  return {
    database: noting(database),
    connection,
    get path() {
      if (path === undefined)
        throw new Error('this test needs a SQLite file: see tests/support/sql-test-files.ts');
      return path;
    },
  };
}

/** Opens a database once more, as another process would; closed as `createTestDatabase` says. Its statements are not noted. */
export async function openTestDatabase(connection: string): Promise<Database> {
  const database = await openDatabase(connection);
  onCleanUp(() => database.close());
  return database;
}

async function createSqliteFile(): Promise<{ readonly connection: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-sql-'));
  onCleanUp(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'mcms.db');
  const connection = `sqlite:${path}`;
  await migrateDatabase(connection, SQL_FOLDER, () => new Date());
  return { connection, path };
}
