import { setTimeout as delay } from 'node:timers/promises';
import { parse } from '@tediousjs/connection-string';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../shared/data/index.ts';

/** Set by the global set-up of `npm run test:sql`: what the names of this run's databases begin with. */
const PREFIX = 'MCMS_TEST_SQL_PREFIX';
const DATABASE_KEYS = new Set(['database', 'initial catalog']);

/** The connection string of the server under test. @throws when tests do not run on one */
export function serverConnection(): string {
  const connection = process.env['TEST_SQL_CONNECTION'];
  if (!connection) throw new Error('this test needs a SQL Server: run it by npm run test:sql');
  return connection;
}

/** True under `npm run test:sql`. */
export function isOnServer(): boolean {
  return Reflect.get(globalThis, 'mcmsTestEngine') === 'mssql';
}

/** The same connection string with other values; keys in lower case, as `server`. */
export function withSettings(connection: string, settings: Readonly<Record<string, string>>): string {
  const pairs = new Map([...parse(connection)].map(([key, value]) => [key.toLowerCase(), value]));
  if ('database' in settings) for (const key of DATABASE_KEYS) pairs.delete(key);
  if ('server' in settings) pairs.delete('data source');
  for (const [key, value] of Object.entries(settings)) pairs.set(key, value);
  return [...pairs].map(([key, value]) => `${key}="${value.replaceAll('"', '""')}"`).join(';');
}

/** Name of the `index`th database of this jest worker. */
export function databaseName(index: number): string {
  const prefix = process.env[PREFIX];
  if (!prefix) throw new Error(`${PREFIX} is not set: tests on a server are run by npm run test:sql`);
  return `${prefix}_${process.env['JEST_WORKER_ID'] ?? '1'}_${index}`;
}

/** Names this run's databases: `mcms_test_<pid>_…`. @throws when the server does not answer */
export async function beginRun(): Promise<void> {
  await onServer((server) => server.check());
  // Process ids return, and several machines may share a server: the time keeps runs apart.
  process.env[PREFIX] = `mcms_test_${process.pid}_${Date.now().toString(36)}`;
}

/** Drops this run's databases. */
export async function endRun(): Promise<void> {
  const prefix = process.env[PREFIX];
  if (!prefix) return;
  await onServer(async (server) => {
    const { rows } = await sql<{ name: string }>`select name from sys.databases`.execute(server.read);
    for (const { name } of rows.filter((row) => row.name.startsWith(`${prefix}_`)))
      await dropDatabase(server, name);
  });
}

/** Makes the database unless it is there. @returns true when it was made */
export function ensureDatabase(name: string): Promise<boolean> {
  return onServer(async (server) => {
    const { rows } = await sql<{ name: string }>`select name from sys.databases`.execute(server.read);
    if (rows.some((row) => row.name === name)) return false;
    await patiently(() => sql`create database ${sql.raw(name)}`.execute(server.read));
    // As every Azure SQL database has it: readers neither wait for writers nor see what they have not committed.
    if (!(await isBabelfish(server)))
      await sql`alter database ${sql.raw(name)} set read_committed_snapshot on`.execute(server.read);
    return true;
  });
}

/** Deletes every row of schema `mcms`, children before what they refer to. */
export async function emptyTables({ read }: Database): Promise<void> {
  const tables = await sql<{ name: string }>`
    select name from sys.tables where schema_id = schema_id('mcms')`.execute(read);
  const keys = await sql<{ child: string; parent: string }>`
    select object_name(parent_object_id) as child, object_name(referenced_object_id) as parent
    from sys.foreign_keys`.execute(read);
  const left = new Set(tables.rows.map(({ name }) => name));
  const ordered: string[] = [];
  while (left.size > 0) {
    const free = [...left].filter(
      (name) => !keys.rows.some(({ child, parent }) => parent === name && child !== name && left.has(child)),
    );
    if (free.length === 0) throw new Error(`foreign keys in a circle: ${[...left].join(', ')}`);
    for (const name of free) left.delete(name);
    ordered.push(...free);
  }
  await sql.raw(ordered.map((name) => `delete from mcms.[${name}];`).join('\n')).execute(read);
}

/** True on Babelfish, https://babelfishpg.org/docs/usage/check-babelfish-version/ */
export async function isBabelfish({ read }: Database): Promise<boolean> {
  const { rows } = await sql<{ version: string }>`select @@version as version`.execute(read);
  return rows[0]?.version.includes('Babelfish') ?? false;
}

async function dropDatabase(server: Database, name: string): Promise<void> {
  if (!(await isBabelfish(server)))
    await sql`alter database ${sql.raw(name)} set single_user with rollback immediate`.execute(server.read);
  await patiently(() => sql`drop database ${sql.raw(name)}`.execute(server.read));
}

/**
 * Babelfish makes one database at a time and fails for the other ("tuple concurrently updated"), and takes a database for used when a
 * session of it has just been closed.
 */
async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (tries === 10 || !/concurrently updated|in use in another session/.test(String(error))) throw error;
      await delay(100 * tries);
    }
  }
}

async function onServer<T>(work: (server: Database) => Promise<T>): Promise<T> {
  const server = await openDatabase(withSettings(serverConnection(), { database: 'master' }));
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}
