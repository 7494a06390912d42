import { join } from 'node:path';
import { readCliSettings } from '../shared/config/cli.ts';
import { isOutstanding, migrateDatabase, migrationStatus } from '../shared/data/migrate.ts';
import { systemClock } from '../shared/time/clock.ts';
import { HELP, type Mode, UsageError, readArguments } from './migrate/arguments.ts';
import { dryRunLines, isRefused, reportLines, statusLines, stepLine } from './migrate/report.ts';

const SQL_FOLDER = join(import.meta.dirname, '..', 'infra', 'sql');
const REFUSED_EXIT_CODE = 1;
const PENDING_EXIT_CODE = 3;

/** Does what was asked and gives the exit code. */
async function answer(mode: Exclude<Mode, 'help'>): Promise<number> {
  const { sqlConnection } = readCliSettings(process.env, process.cwd());
  if (mode === 'run') {
    const onStep = (step: Parameters<typeof stepLine>[0]): void => console.log(stepLine(step));
    print(reportLines(await migrateDatabase(sqlConnection, SQL_FOLDER, () => systemClock.now(), { onStep })));
    return 0;
  }
  const status = await migrationStatus(sqlConnection, SQL_FOLDER);
  print(mode === 'status' ? statusLines(status) : dryRunLines(status));
  if (isRefused(status)) return REFUSED_EXIT_CODE;
  return mode === 'status' && status.files.some(isOutstanding) ? PENDING_EXIT_CODE : 0;
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}

try {
  const mode = readArguments(process.argv.slice(2));
  if (mode === 'help') console.log(HELP);
  else process.exitCode = await answer(mode);
} catch (error) {
  console.error(`migrate: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error('Run with --help for the options.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
