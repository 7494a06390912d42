import { resolve } from 'node:path';
import { type Database, openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase } from '../../shared/data/migrate.ts';
import { onCleanUp, onFileCleanUp } from './clean-up.ts';
import {
  databaseName,
  emptyTables,
  ensureDatabase,
  serverConnection,
  withSettings,
} from './sql-server-databases.ts';

export interface SqlServerDatabase {
  readonly name: string;
  /** What `openDatabase` takes. */
  readonly connection: string;
}

/** Numbers of the names that a test holds just now. */
const inUse = new Set<number>();
/** A connection to each that stays warm: the first statements on a new one cost more than all that follow. */
const known = new Map<number, Database>();

/**
 * A migrated, empty database on the server of TEST_SQL_CONNECTION, held until the test or test file that asked for it is over. Making
 * and migrating one takes a server a second or more, emptying one some milliseconds: each jest worker keeps those it made for what
 * follows, and the end of the run drops them.
 */
export async function createSqlServerDatabase(): Promise<SqlServerDatabase> {
  let index = 1;
  while (inUse.has(index)) index += 1;
  inUse.add(index);
  onCleanUp(async () => void inUse.delete(index));
  const name = databaseName(index);
  const connection = withSettings(serverConnection(), { database: name });
  const database = known.get(index) ?? (await openForGood(index, name, connection));
  await emptyTables(database);
  return { name, connection };
}

async function openForGood(index: number, name: string, connection: string): Promise<Database> {
  if (await ensureDatabase(name)) await migrateDatabase(connection, resolve('infra/sql'), () => new Date());
  const database = await openDatabase(connection);
  known.set(index, database);
  onFileCleanUp(() => database.close());
  return database;
}
