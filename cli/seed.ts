import { readCliSettings } from '../shared/config/cli.ts';
import { DatabaseUnavailableError, openDatabase } from '../shared/data/index.ts';
import { systemClock } from '../shared/time/clock.ts';
import { HELP, type SeedArguments, UsageError, readArguments } from './seed/arguments.ts';
import { countedPlan, demoPlan } from './seed/plan.ts';
import { type SeedReport, emptyDatabase, hasItems, writeShop } from './seed/write.ts';

async function seed({ demo, reset, counts }: SeedArguments): Promise<string> {
  const { sqlConnection } = readCliSettings(process.env, process.cwd());
  const database = await openDatabase(sqlConnection);
  try {
    const startedMs = performance.now();
    if (reset) await emptyDatabase(database);
    else if (await hasItems(database)) {
      if (demo) return 'seed: the database has items already, nothing to do';
      throw new Error('the database has items already; --reset empties it first');
    }
    const plans = demo ? demoPlan() : countedPlan(counts);
    const report = await writeShop(database, plans, { now: systemClock.now() });
    return `seed: ${describe(report)} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  } finally {
    await database.close();
  }
}

function describe(report: SeedReport): string {
  return [
    `${report.Item} items`,
    `${report.ItemRevision} revisions`,
    `${report.Routing} routings`,
    `${report.CamRevision} CAM revisions`,
    `${report.RoutingStep} steps`,
    `${report.HistoryEntry} history entries`,
  ].join(', ');
}

function explain(error: unknown): string {
  if (error instanceof DatabaseUnavailableError) {
    return 'the database is not there or does not answer; has `npm run migrate` been run?';
  }
  return error instanceof Error ? error.message : String(error);
}

try {
  const request = readArguments(process.argv.slice(2));
  console.log(request ? await seed(request) : HELP);
} catch (error) {
  console.error(`seed: ${explain(error)}`);
  if (error instanceof UsageError) console.error('Run with --help for the options.');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
