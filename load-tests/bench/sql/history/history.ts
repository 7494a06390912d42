import { constants } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Database, openDatabase } from '../../../../shared/data/index.ts';
import { migrateDatabase } from '../../../../shared/data/migrate.ts';
import { systemClock } from '../../../../shared/time/clock.ts';
import { type Measurement, type Say, median } from '../../benchmark.ts';
import { SQL_FOLDER } from '../engines.ts';
import { interleave } from '../interleave.ts';
import { writeHistoryFile } from './file.ts';
import { importHistory } from './import.ts';
import { routingCount } from './plan.ts';
import { historyReads, placesOf } from './reads.ts';
import { writeRoutings } from './shop.ts';

export interface HistorySizes {
  readonly small: number;
  readonly large: number;
}

const READ_LIMIT_MS = 50;
const GROWTH_LIMIT = 1.5;
const MEMORY_LIMIT_MB = 150;
const READ_ROUNDS = 60;
const WARM_UP_ROUNDS = 10;
/** Until the first import has shown it: a row with its places in the indexes, and its line in the file. */
const ROW_BYTES = 1500;
const LINE_BYTES = 450;

/**
 * A history on SQLite, imported to `small` rows, set aside, and imported on to `large` ones: rows per second and memory of the import,
 * then the reads of both in turn.
 */
export async function measureHistory({ small, large }: HistorySizes, say: Say): Promise<Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-bench-'));
  const path = join(folder, 'mcms.db');
  const smallPath = join(folder, 'small.db');
  try {
    await migrateDatabase(`sqlite:${path}`, SQL_FOLDER, () => systemClock.now());
    await wantDisk(folder, small * (ROW_BYTES + LINE_BYTES), say);
    const first = await grow(path, { from: 0, to: small }, say);
    const { size } = await stat(path);
    const added = large - small;
    const minutes = (added / first.rowsPerSecond / 60).toFixed(0);
    say(`${grouped(added)} rows more: about ${minutes} min, longer where indexes outgrow the memory`);
    await wantDisk(folder, size + (size / small + LINE_BYTES) * added, say);
    await copyFile(path, smallPath, constants.COPYFILE_FICLONE);
    const second = added > 0 ? await grow(path, { from: small, to: large }, say) : undefined;
    return [
      ...first.measurements,
      ...(second?.measurements ?? []),
      ...(await compareReads({ small, large }, [smallPath, path], say)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function wantDisk(folder: string, bytes: number, say: Say): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  say(`this takes ${gigabytes(bytes)} GB in ${folder}, where ${gigabytes(bavail * bsize)} GB are free`);
  if (bytes > bavail * bsize) throw new Error(`${folder} is too small; TMPDIR may name another place`);
}

interface Growth {
  readonly rowsPerSecond: number;
  readonly measurements: readonly Measurement[];
}

async function grow(path: string, { from, to }: { from: number; to: number }, say: Say): Promise<Growth> {
  const connection = `sqlite:${path}`;
  const file = `${path}.${to}.ndjson`;
  const rows = to - from;
  say(`writing ${grouped(rows)} entries to a file`);
  writeHistoryFile(file, from, to);
  await using opened = await open(connection);
  await writeRoutings(opened.database, routingCount(from), routingCount(to));
  say(`importing ${grouped(rows)} entries`);
  const { seconds, growthMB } = await importHistory(connection, file);
  await rm(file);
  foldLog(path);
  const rowsPerSecond = rows / seconds;
  say(`${Math.round(seconds)} s, ${grouped(Math.round(rowsPerSecond))} rows/s`);
  const name = `import of ${grouped(rows)} rows onto ${grouped(from)}`;
  return {
    rowsPerSecond,
    measurements: [
      { name, value: rowsPerSecond, unit: 'rows/s' },
      { name: `${name}, memory grown by`, value: growthMB, unit: 'MB', limit: MEMORY_LIMIT_MB },
    ],
  };
}

/** So that the file alone is the database. */
function foldLog(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
}

async function compareReads(
  { small, large }: HistorySizes,
  [smallPath, largePath]: readonly [string, string],
  say: Say,
): Promise<Measurement[]> {
  await using smallOpened = await open(`sqlite:${smallPath}`);
  await using largeOpened = await open(`sqlite:${largePath}`);
  const places = placesOf(small);
  const inLarge = historyReads(largeOpened.database, { rows: large, places });
  const measurements: Measurement[] = [];
  for (const [index, { name, read }] of historyReads(smallOpened.database, {
    rows: small,
    places,
  }).entries()) {
    say(`${name}: ${READ_ROUNDS} times each, in turn`);
    const other = inLarge[index];
    const samples = await interleave(
      { small: { run: read }, large: { run: () => other?.read() } },
      { rounds: READ_ROUNDS, warmUp: WARM_UP_ROUNDS },
    );
    const [ofSmall, ofLarge] = [median(samples.small), median(samples.large)];
    measurements.push(
      {
        name: `${grouped(small)} rows: ${name}`,
        value: ofSmall,
        unit: 'ms',
        limit: READ_LIMIT_MS,
        samples: samples.small,
      },
      {
        name: `${grouped(large)} rows: ${name}`,
        value: ofLarge,
        unit: 'ms',
        limit: GROWTH_LIMIT * ofSmall,
        baseline: { name: `${grouped(small)} rows`, value: ofSmall },
        samples: samples.large,
      },
    );
  }
  return measurements;
}

async function open(connection: string): Promise<AsyncDisposable & { readonly database: Database }> {
  const database = await openDatabase(connection);
  return { database, [Symbol.asyncDispose]: () => database.close() };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
