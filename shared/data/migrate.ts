import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationFile, MigrationTarget } from './migration.ts';
import { SqliteMigrationTarget } from './sqlite/migration-target.ts';

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly alreadyThere: readonly string[];
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

const SQLITE_PREFIX = 'sqlite:';

/** The folder below `infra/sql` with the migrations of this engine. */
export function migrationFolder(sqlConnection: string): 'sqlite' | 'mssql' {
  return sqlConnection.startsWith(SQLITE_PREFIX) ? 'sqlite' : 'mssql';
}

/** Opens what `SqlConnection` names for migrations. A SQLite file is made when it is not there. */
export async function openMigrationTarget(sqlConnection: string): Promise<MigrationTarget> {
  if (migrationFolder(sqlConnection) === 'sqlite') {
    return new SqliteMigrationTarget(sqlConnection.slice(SQLITE_PREFIX.length));
  }
  const { openMssqlMigrationTarget } = await import('./mssql/migration-target.ts');
  return openMssqlMigrationTarget(sqlConnection);
}

/** Migrates the database that `SqlConnection` names. `sqlFolder` is `infra/sql`. */
export async function migrateDatabase(
  sqlConnection: string,
  sqlFolder: string,
  now: () => Date,
): Promise<MigrationReport> {
  const target = await openMigrationTarget(sqlConnection);
  try {
    return await migrate(target, join(sqlFolder, migrationFolder(sqlConnection)), now);
  } finally {
    await target.close();
  }
}
