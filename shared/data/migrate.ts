import { join } from 'node:path';
import { type FileState, assess } from './migrations/assess.ts';
import type { Inspection, MigrationTarget } from './migrations/migration.ts';
import { readMigrations } from './migrations/read.ts';
import { type MigrationReport, type RunOptions, migrate } from './migrations/run.ts';
import { SqliteMigrationTarget } from './sqlite/migration-target.ts';

export { type FileState, isOutstanding, refusals } from './migrations/assess.ts';
export { MigrationError } from './migrations/errors.ts';
export type { Inspection, MigrationFile } from './migrations/migration.ts';
export { readMigrations } from './migrations/read.ts';
export type { MigrationReport, MigrationStep } from './migrations/run.ts';

const SQLITE_PREFIX = 'sqlite:';
/** How long a run waits for another one. */
const LOCK_WAIT_MS = 10_000;

export interface OpenOptions {
  /** Default 10 s. */
  readonly lockWaitMs?: number;
}

/** The folder below `infra/sql` with the migrations of this engine. */
export function migrationFolder(sqlConnection: string): 'sqlite' | 'mssql' {
  return sqlConnection.startsWith(SQLITE_PREFIX) ? 'sqlite' : 'mssql';
}

/** Opens what `SqlConnection` names for migrations. A SQLite file is made with the first write, not here. */
export async function openMigrationTarget(
  sqlConnection: string,
  { lockWaitMs = LOCK_WAIT_MS }: OpenOptions = {},
): Promise<MigrationTarget> {
  if (migrationFolder(sqlConnection) === 'sqlite') {
    return new SqliteMigrationTarget(sqlConnection.slice(SQLITE_PREFIX.length), { lockWaitMs });
  }
  const { openMssqlMigrationTarget } = await import('./mssql/migration-target.ts');
  return openMssqlMigrationTarget(sqlConnection, { lockWaitMs });
}

/**
 * Migrates the database that `SqlConnection` names. `sqlFolder` is `infra/sql`.
 * @throws {MigrationError}
 */
export async function migrateDatabase(
  sqlConnection: string,
  sqlFolder: string,
  now: () => Date,
  { onStep, ...options }: OpenOptions & Pick<RunOptions, 'onStep'> = {},
): Promise<MigrationReport> {
  const files = await readMigrations(join(sqlFolder, migrationFolder(sqlConnection)));
  const target = await openMigrationTarget(sqlConnection, options);
  try {
    return await migrate(target, files, { now, onStep });
  } finally {
    await target.close();
  }
}

export interface MigrationStatus extends Omit<Inspection, 'journal'> {
  readonly files: readonly FileState[];
}

/** How the database that `SqlConnection` names stands towards the files. Makes nothing and changes nothing. */
export async function migrationStatus(sqlConnection: string, sqlFolder: string): Promise<MigrationStatus> {
  const files = await readMigrations(join(sqlFolder, migrationFolder(sqlConnection)));
  const target = await openMigrationTarget(sqlConnection);
  try {
    const { journal, ...inspection } = await target.inspect();
    return { ...inspection, files: assess(files, journal, inspection.capabilities) };
  } finally {
    await target.close();
  }
}
