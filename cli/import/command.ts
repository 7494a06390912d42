import { readCliSettings } from '../../shared/config/cli.ts';
import { DatabaseUnavailableError, openDatabase } from '../../shared/data/index.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { type ImportArguments, UsageError } from './arguments.ts';
import type { Progress } from './batch.ts';
import { ProgressDisplay, duration, grouped } from './progress-display.ts';
import { type ImportEnvironment, type ImportOutcome, runImport } from './run-import.ts';
import { StopRequest } from './stop-request.ts';

const EXIT = { allIn: 0, failed: 1, wrongUsage: 2, someRejected: 3, stopped: 130 } as const;

/** Runs an import from the command line and sets the exit code. `read` gives undefined for `--help`. */
export async function importCommand(
  tool: string,
  help: string,
  read: (args: readonly string[]) => ImportArguments | undefined,
): Promise<void> {
  try {
    const args = read(process.argv.slice(2));
    if (args) process.exitCode = await importFile(tool, args);
    else console.log(help);
  } catch (error) {
    console.error(`${tool}: ${explain(error)}`);
    if (error instanceof UsageError) console.error('Run with --help for the options.');
    process.exitCode = error instanceof UsageError ? EXIT.wrongUsage : EXIT.failed;
  }
}

async function importFile(tool: string, args: ImportArguments): Promise<number> {
  const { sqlConnection } = readCliSettings(process.env, process.cwd());
  const database = await openDatabase(sqlConnection);
  using stop = new StopRequest(() =>
    console.error(`\n${tool}: ending after what is at hand; Ctrl-C again ends at once`),
  );
  using shown = new ShownProgress();
  const startedMs = performance.now();
  try {
    const outcome = await runImport(args, {
      database,
      sqlConnection,
      now: () => systemClock.now(),
      stopping: () => stop.requested,
      onStart: (facts) => shown.start(facts),
      onBatch: (batch) => shown.follow(batch),
    });
    shown.stop();
    console.log(`${tool}: ${describe(args, outcome, (performance.now() - startedMs) / 1000)}`);
    if (outcome.state === 'stopped') return EXIT.stopped;
    if (outcome.state === 'nothing-to-do') return EXIT.allIn;
    return outcome.progress.rowsRejected > 0 ? EXIT.someRejected : EXIT.allIn;
  } finally {
    await database.close();
  }
}

/** The display of the batch that is being worked on. */
class ShownProgress implements Disposable {
  #display: ProgressDisplay | undefined;
  #batch: { readonly progress: Progress } | undefined;

  start({ from, totalBytes }: Parameters<ImportEnvironment['onStart']>[0]): void {
    const startedMs = performance.now();
    this.#display = new ProgressDisplay(process.stderr, () => ({
      progress: this.#batch?.progress ?? from,
      from,
      totalBytes,
      elapsedMs: performance.now() - startedMs,
    }));
  }

  follow(batch: { readonly progress: Progress }): void {
    this.#batch = batch;
  }

  stop(): void {
    this.#display?.stop();
    this.#display = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

function describe(args: ImportArguments, outcome: ImportOutcome, seconds: number): string {
  const { state, progress, resumedFrom, finishedAt } = outcome;
  const { rowsRead, rowsWritten, rowsRejected } = progress;
  const counts = [
    `${grouped(rowsRead)} rows read`,
    `${grouped(rowsWritten)} ${state === 'checked' ? 'would be written' : 'written'}`,
    `${grouped(rowsRead - rowsWritten - rowsRejected)} there already`,
    `${grouped(rowsRejected)} rejected${rowsRejected > 0 ? ` (reasons in ${args.rejected})` : ''}`,
  ].join(', ');
  if (state === 'nothing-to-do') {
    return `this file was imported on ${finishedAt}, nothing to do (${counts}); --again imports it once more`;
  }
  const speed = `${duration(seconds)}, ${grouped(Math.round((rowsRead - resumedFrom) / Math.max(seconds, 0.001)))} rows/s`;
  const resumed = resumedFrom > 0 ? `; went on after row ${grouped(resumedFrom)}` : '';
  const stopped = state === 'stopped' ? '\nStopped before the end; the same command goes on.' : '';
  return `${counts} in ${speed}${resumed}${stopped}`;
}

function explain(error: unknown): string {
  if (error instanceof DatabaseUnavailableError) {
    return 'the database is not there or does not answer; has `npm run migrate` been run? The same command goes on where this run stood.';
  }
  const message = error instanceof Error ? error.message : String(error);
  return /no such table|Invalid object name/i.test(message)
    ? `${message}; has \`npm run migrate\` been run?`
    : message;
}
