import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from '@jest/globals';
import { expectKnownStatements, noting } from './statements.ts';
import { type Database, openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase } from '../../shared/data/migrate.ts';

export const SQL_FOLDER = resolve('infra/sql');

export interface TestDatabase {
  readonly database: Database;
  readonly path: string;
}

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  expectKnownStatements();
});

/** A migrated, empty SQLite database in a folder of its own; closed and removed when the test file is through. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-sql-'));
  const path = join(folder, 'mcms.db');
  await migrateDatabase(`sqlite:${path}`, SQL_FOLDER, () => new Date());
  const database = await openDatabase(`sqlite:${path}`);
  cleanups.push(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { database: noting(database), path };
}
