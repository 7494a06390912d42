import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CompiledQuery, sql } from 'kysely';
import type { Database, Queries } from './database.ts';
import { SqliteMigrationTarget } from './sqlite/migration-target.ts';

export interface MigrationFile {
  readonly name: string;
  readonly checksum: string;
  readonly batches: readonly string[];
}

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly alreadyThere: readonly string[];
}

/** What the runner needs of an engine: the journal, and one migration with its journal row in one transaction. */
export interface MigrationTarget {
  journal(): Promise<ReadonlyMap<string, string>>;
  apply(migration: MigrationFile, appliedAt: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Brings the database up to the files of `folder` (`0001_core.sql`, `0002_…`), in order of name, each in a transaction of its own,
 * recorded with its checksum. Refuses when a file that was applied has changed or is gone.
 */
export async function migrate(
  target: MigrationTarget,
  folder: string,
  now: () => Date,
): Promise<MigrationReport> {
  const files = await readMigrations(folder);
  const journal = await target.journal();
  for (const [name, checksum] of journal) {
    const file = files.find((candidate) => candidate.name === name);
    if (!file) throw new Error(`migration ${name} was applied to this database but is not in ${folder}`);
    if (file.checksum !== checksum) {
      throw new Error(
        `migration ${name} was changed after it was applied; put it back and add a new file instead`,
      );
    }
  }
  const pending = files.filter((file) => !journal.has(file.name));
  for (const file of pending) await target.apply(file, now().toISOString());
  return { applied: pending.map((file) => file.name), alreadyThere: [...journal.keys()] };
}

/** The migrations of a folder in order; batches are what stands between lines with nothing but `GO`. */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  if (names.length === 0) throw new Error(`no migrations in ${folder}`);
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
      const batches = text.split(/^GO\s*$/im).filter((batch) => batch.trim() !== '');
      return { name, checksum: createHash('sha256').update(text).digest('hex'), batches };
    }),
  );
}

/** The target for an open SQL Server database. SQLite has its own, because it must be able to create the file. */
export function mssqlMigrationTarget(database: Database): MigrationTarget {
  const journalTable = sql.raw('dbo.McmsSchemaMigration');
  return {
    async journal() {
      await sql`if object_id('dbo.McmsSchemaMigration') is null create table ${journalTable} (
        name nvarchar(200) not null primary key, checksum char(64) not null, appliedAt datetime2(3) not null)`.execute(
        database.read,
      );
      const { rows } = await sql<{
        name: string;
        checksum: string;
      }>`select name, checksum from ${journalTable} order by name`.execute(database.read);
      return new Map(rows.map((row) => [row.name, row.checksum]));
    },
    async apply(migration, appliedAt) {
      await database.transaction(async (trx: Queries) => {
        for (const batch of migration.batches) await trx.executeQuery(CompiledQuery.raw(batch));
        await sql`insert into ${journalTable} (name, checksum, appliedAt) values (${migration.name}, ${migration.checksum}, ${appliedAt})`.execute(
          trx,
        );
      });
    },
    close: () => database.close(),
  };
}

/** Picks folder and target by `SqlConnection` and migrates. `sqlFolder` is `infra/sql`. */
export async function migrateDatabase(
  sqlConnection: string,
  sqlFolder: string,
  now: () => Date,
): Promise<MigrationReport> {
  const sqlite = sqlConnection.startsWith('sqlite:');
  const target = sqlite
    ? new SqliteMigrationTarget(sqlConnection.slice('sqlite:'.length))
    : mssqlMigrationTarget((await import('./mssql/database.ts')).openMssqlDatabase(sqlConnection));
  try {
    return await migrate(target, join(sqlFolder, sqlite ? 'sqlite' : 'mssql'), now);
  } finally {
    await target.close();
  }
}
