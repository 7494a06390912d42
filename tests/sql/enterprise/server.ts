import { randomUUID } from 'node:crypto';
import { CompiledQuery, sql } from 'kysely';
import { type Database, openDatabase } from '../../../shared/data/index.ts';
import { migrateDatabase } from '../../../shared/data/migrate.ts';

/** A SQL Server with rights to make databases and event sessions, from `TEST_SQL_CONNECTION`. */
export function serverConnection(): string {
  const connection = process.env['TEST_SQL_CONNECTION'];
  if (!connection) throw new Error('TEST_SQL_CONNECTION must name the SQL Server to test on');
  return connection;
}

export interface ProofDatabase {
  readonly database: Database;
  readonly connection: string;
  /** Runs one batch and gives its last rows. */
  run<Row = Record<string, unknown>>(batch: string): Promise<Row[]>;
  /** Adds what In-Memory OLTP needs on a server that somebody installed. */
  addMemoryOptimizedFilegroup(): Promise<void>;
  migrate(): Promise<void>;
  drop(): Promise<void>;
}

/** An empty database of its own; statements may take ten minutes. */
export async function createProofDatabase(): Promise<ProofDatabase> {
  const name = `mcms_proof_${randomUUID().slice(0, 8)}`;
  const patient = `${serverConnection().replace(/;\s*$/, '')};Command Timeout=600`;
  const master = await openDatabase(`${patient};Database=master`);
  await run(master, `CREATE DATABASE ${name}`);
  const connection = `${patient};Database=${name}`;
  const database = await openDatabase(connection);
  return {
    database,
    connection,
    run: (batch) => run(database, batch),
    async addMemoryOptimizedFilegroup() {
      const [row] = await run<{ path: string }>(
        master,
        "SELECT CONVERT(nvarchar(400), SERVERPROPERTY('InstanceDefaultDataPath')) AS path",
      );
      await run(database, `ALTER DATABASE ${name} ADD FILEGROUP memory CONTAINS MEMORY_OPTIMIZED_DATA`);
      await run(
        database,
        `ALTER DATABASE ${name} ADD FILE (NAME = N'${name}_memory', FILENAME = N'${row?.path}${name}_memory') TO FILEGROUP memory`,
      );
    },
    async migrate() {
      await migrateDatabase(connection, 'infra/sql', () => new Date());
    },
    async drop() {
      await run(
        master,
        `IF EXISTS (SELECT 1 FROM sys.server_event_sessions WHERE name = N'mcms_statements_${name}') DROP EVENT SESSION mcms_statements_${name} ON SERVER`,
      );
      await database.close();
      await run(
        master,
        `ALTER DATABASE ${name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE ${name}`,
      );
      await master.close();
    },
  };
}

async function run<Row>(database: Database, batch: string): Promise<Row[]> {
  const { rows } = await database.read.executeQuery(CompiledQuery.raw(batch));
  return rows as Row[];
}

/** Median of the milliseconds that a query takes, as the server counts them, of `times` runs after one that warms up. */
export async function medianMs(database: Database, query: string, times = 7): Promise<number> {
  const runs: number[] = [];
  for (let attempt = 0; attempt <= times; attempt += 1) {
    const { rows } = await sql<{ micros: number }>`
      declare @from datetime2(7) = sysdatetime();
      ${sql.raw(query)};
      select datediff(microsecond, @from, sysdatetime()) as micros`.execute(database.read);
    if (attempt > 0) runs.push((rows.at(-1)?.micros ?? Number.NaN) / 1000);
  }
  return runs.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}
