import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { type Database, openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase } from '../../shared/data/migrate.ts';
import {
  databaseName,
  emptyTables,
  ensureDatabase,
  isOnServer,
  serverConnection,
  withSettings,
} from './sql-server.ts';
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

type CleanUp = () => Promise<void>;

/** What a test made is put away before the next one begins, what a file made when it is through. */
const cleanups: { readonly ofFile: CleanUp[]; readonly ofTest: CleanUp[] } = { ofFile: [], ofTest: [] };
let inTest = false;
// This file is imported before any test sets hooks of its own: these come first.
beforeEach(async () => {
  await cleanUp(cleanups.ofTest);
  inTest = true;
});
afterEach(() => {
  inTest = false;
});
afterAll(async () => {
  await cleanUp(cleanups.ofTest);
  await cleanUp(cleanups.ofFile);
  expectKnownStatements();
});

function onCleanUp(work: CleanUp): void {
  (inTest ? cleanups.ofTest : cleanups.ofFile).push(work);
}

async function cleanUp(list: CleanUp[]): Promise<void> {
  for (const work of list.splice(0).toReversed()) await work();
}

/**
 * A migrated, empty database of its own: a SQLite file, or under `npm run test:sql` one on that server. It lasts as long as the test
 * that made it, or as the test file when it was made outside of any.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { connection, path } = isOnServer() ? await serverDatabase() : await sqliteFile();
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

interface Place {
  readonly connection: string;
  readonly path?: string;
}

async function sqliteFile(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-sql-'));
  onCleanUp(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'mcms.db');
  const connection = `sqlite:${path}`;
  await migrateDatabase(connection, SQL_FOLDER, () => new Date());
  return { connection, path };
}

/** By the numbers of their names. */
const inUse = new Set<number>();

/**
 * Making and migrating a database takes a server a second or more, emptying one some milliseconds: each jest worker keeps those it
 * made for the tests and files that follow.
 */
async function serverDatabase(): Promise<Place> {
  let index = 1;
  while (inUse.has(index)) index += 1;
  inUse.add(index);
  onCleanUp(async () => void inUse.delete(index));
  const name = databaseName(index);
  const connection = withSettings(serverConnection(), { database: name });
  if (await ensureDatabase(name)) await migrateDatabase(connection, SQL_FOLDER, () => new Date());
  else await emptyDatabase(connection);
  return { connection };
}

async function emptyDatabase(connection: string): Promise<void> {
  const database = await openDatabase(connection);
  try {
    await emptyTables(database);
  } finally {
    await database.close();
  }
}
