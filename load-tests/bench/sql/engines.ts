import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { demoPlan } from '../../../cli/seed/plan.ts';
import { writeShop } from '../../../cli/seed/write.ts';
import { type Database, openDatabase } from '../../../shared/data/index.ts';
import { migrateDatabase } from '../../../shared/data/migrate.ts';
import { openPool } from '../../../shared/data/mssql/database.ts';
import { resolveSettings } from '../../../shared/data/mssql/sign-in.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import type { BareDriver } from './bare.ts';
import { openBareMssql } from './bare-mssql.ts';
import { openBareSqlite } from './bare-sqlite.ts';

export const SQL_FOLDER = join(import.meta.dirname, '../../../infra/sql');

/** A database of its own with the demo shop, reached by the product and by the bare driver. */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** As it calls itself. */
  readonly version: string;
  readonly database: Database;
  readonly bare: BareDriver;
}

export async function openSqliteEngine(): Promise<Engine> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'mcms-bench-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'mcms.db');
  const database = await openShop(`sqlite:${path}`, opened);
  const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(database.read);
  const bare = openBareSqlite(path);
  opened.defer(() => bare.close());
  return engineOf({ name: 'SQLite', version: rows[0]?.version ?? 'unknown', database, bare }, opened);
}

/** On the server of `connectionString`, in a database that is made for this and dropped. */
export async function openMssqlEngine(connectionString: string): Promise<Engine> {
  await using opened = new AsyncDisposableStack();
  const name = `mcms_bench_${process.pid}_${Date.now().toString(36)}`;
  await onServer(connectionString, `create database ${name}`);
  opened.defer(() => onServer(connectionString, `drop database ${name}`));
  const ownConnection = `${connectionString};Database=${name}`;
  const database = await openShop(ownConnection, opened);
  const { rows } = await sql<{ version: string }>`select @@version as version`.execute(database.read);
  const bare = await openBareMssql(ownConnection);
  opened.defer(() => bare.close());
  const version = rows[0]?.version.split('\n')[0] ?? 'unknown';
  return engineOf({ name: 'SQL Server', version, database, bare }, opened);
}

/** Takes over what was opened for it. */
function engineOf(facts: Omit<Engine, keyof AsyncDisposable>, opened: AsyncDisposableStack): Engine {
  const own = opened.move();
  return { ...facts, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

async function onServer(connectionString: string, statement: string): Promise<void> {
  const pool = openPool(await resolveSettings(connectionString));
  try {
    await sql.raw(statement).execute(pool.read);
  } finally {
    await pool.close();
  }
}

async function openShop(connection: string, opened: AsyncDisposableStack): Promise<Database> {
  await migrateDatabase(connection, SQL_FOLDER, () => systemClock.now());
  const database = await openDatabase(connection);
  opened.defer(() => database.close());
  await writeShop(database, demoPlan(), { now: systemClock.now() });
  return database;
}
