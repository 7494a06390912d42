import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCliSettings } from '../shared/config/cli.ts';
import {
  migrateDatabase,
  migrationFolder,
  openMigrationTarget,
  readMigrations,
} from '../shared/data/migrate.ts';
import { systemClock } from '../shared/time/clock.ts';

const HELP = `Brings the database that SqlConnection names (default: SQLite in MCMS_STATE_DIR) up to infra/sql.

Usage: npm run migrate [-- --status]

  --status  only tell what is applied and what is pending; exit code 3 when something is pending`;

const SQL_FOLDER = join(import.meta.dirname, '..', 'infra', 'sql');
const SQLITE_PREFIX = 'sqlite:';
const PENDING_EXIT_CODE = 3;

/** Wrong arguments: exit code 2, where a failed run is 1. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readArguments(args: readonly string[]): { help: boolean; status: boolean } {
  try {
    const options = {
      status: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function migrateNow(sqlConnection: string): Promise<void> {
  const { applied, alreadyThere } = await migrateDatabase(sqlConnection, SQL_FOLDER, () => systemClock.now());
  for (const name of applied) console.log(`applied  ${name}`);
  console.log(`migrate: ${applied.length} applied, ${alreadyThere.length} were there`);
}

/** True when nothing is pending. */
async function showStatus(sqlConnection: string): Promise<boolean> {
  const journal = await readJournal(sqlConnection);
  const files = await readMigrations(join(SQL_FOLDER, migrationFolder(sqlConnection)));
  for (const { name } of files) console.log(`${journal.has(name) ? 'applied' : 'pending'}  ${name}`);
  return files.every(({ name }) => journal.has(name));
}

async function readJournal(sqlConnection: string): Promise<ReadonlyMap<string, string>> {
  // Asking makes no database.
  if (sqlConnection.startsWith(SQLITE_PREFIX) && !existsSync(sqlConnection.slice(SQLITE_PREFIX.length)))
    return new Map();
  const target = await openMigrationTarget(sqlConnection);
  try {
    return await target.journal();
  } finally {
    await target.close();
  }
}

try {
  const { help, status } = readArguments(process.argv.slice(2));
  const { sqlConnection } = help ? { sqlConnection: '' } : readCliSettings(process.env, process.cwd());
  if (help) console.log(HELP);
  else if (!status) await migrateNow(sqlConnection);
  else if (!(await showStatus(sqlConnection))) process.exitCode = PENDING_EXIT_CODE;
} catch (error) {
  console.error(`migrate: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error('Run with --help for the options.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
