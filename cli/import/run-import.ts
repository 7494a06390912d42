import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { type Database, openBulkWriter } from '../../shared/data/index.ts';
import type { ImportArguments } from './arguments.ts';
import type { ImportKind, Progress } from './batch.ts';
import { historyKind } from './history/history-kind.ts';
import { HISTORY_COLUMNS } from './history/record.ts';
import { type ImportRun, findRun, readRun, startRun } from './import-run.ts';
import { itemsKind } from './items/items-kind.ts';
import { ITEM_COLUMNS } from './items/record.ts';
import { RejectsFile } from './rejects-file.ts';
import { ROUTING_COLUMNS } from './routings/record.ts';
import { routingsKind } from './routings/routings-kind.ts';
import { type FileFacts, checkUnchanged, readFileFacts } from './source/file-facts.ts';
import { type FileFormat, type SourceFile, formatOf, openSourceFile } from './source/source-file.ts';
import { type WriteOptions, checkFile, writeFile } from './write-file.ts';

export interface ImportEnvironment {
  readonly database: Database;
  readonly sqlConnection: string;
  readonly now: () => Date;
  readonly stopping: () => boolean;
  /** Told once, when reading begins, and of each batch. */
  readonly onStart: (facts: { readonly from: Progress; readonly totalBytes: number }) => void;
  readonly onBatch: (batch: { readonly progress: Progress }) => void;
}

export interface ImportOutcome {
  /** `nothing-to-do`: this content was imported before. */
  readonly state: 'finished' | 'stopped' | 'checked' | 'nothing-to-do';
  readonly progress: Progress;
  /** Records that an earlier, interrupted process had done. */
  readonly resumedFrom: number;
  readonly finishedAt: string | null;
}

const NOTHING: Progress = { rowsRead: 0, rowsWritten: 0, rowsRejected: 0, byteOffset: 0, rejectedBytes: 0 };
const COLUMNS = { history: HISTORY_COLUMNS, items: ITEM_COLUMNS, routings: ROUTING_COLUMNS };
/** Of a dry run; the same as an import into SQLite. */
const CHECKED_ROWS = 10_240;
const MAX_NAME = 200;

/**
 * Imports a file, or goes on with an import of it that was cut off.
 * @throws {ImportError}; {DatabaseUnavailableError}
 */
export async function runImport(
  args: ImportArguments,
  environment: ImportEnvironment,
): Promise<ImportOutcome> {
  const file = await openFile(args);
  return args.dryRun ? check(args, environment, file) : write(args, environment, file);
}

interface OpenFile {
  readonly facts: FileFacts;
  readonly format: FileFormat;
  readonly source: SourceFile;
}

async function openFile({ kind, file, format: given }: ImportArguments): Promise<OpenFile> {
  const format = given ?? formatOf(file);
  const facts = await readFileFacts(file);
  return { facts, format, source: await openSourceFile(file, { format, facts, columns: COLUMNS[kind] }) };
}

async function check(
  args: ImportArguments,
  environment: ImportEnvironment,
  file: OpenFile,
): Promise<ImportOutcome> {
  environment.onStart({ from: NOTHING, totalBytes: file.facts.sizeBytes });
  const change = { startedAt: environment.now().toISOString(), startedBy: nameOf(args) };
  const progress = await closing(new RejectsFile(args.rejected), (rejects) =>
    checkFile({
      ...writeOptions(args, environment, file),
      kind: makeKind(args, environment, { file, ...change }),
      rejects,
      careful: true,
      batchRows: CHECKED_ROWS,
    }),
  );
  const state = progress.byteOffset < file.facts.sizeBytes && environment.stopping() ? 'stopped' : 'checked';
  return { state, progress, resumedFrom: 0, finishedAt: null };
}

async function write(
  args: ImportArguments,
  environment: ImportEnvironment,
  file: OpenFile,
): Promise<ImportOutcome> {
  const { database, sqlConnection, now } = environment;
  const identity = { kind: args.kind, fileName: basename(args.file), fileDigest: file.facts.digest };
  const earlier = await findRun(database, identity);
  if (earlier?.state === 'Finished' && !args.again) {
    return { state: 'nothing-to-do', progress: earlier, resumedFrom: 0, finishedAt: earlier.finishedAt };
  }
  const run =
    earlier && !args.again ? earlier : await startRun(database, identity, { at: now(), by: nameOf(args) });
  environment.onStart({ from: run, totalBytes: file.facts.sizeBytes });
  const ended = await closing(new RejectsFile(args.rejected), (rejects) =>
    writeFile(
      run,
      {
        openWriter: () => openBulkWriter(sqlConnection, { lockHistory: args.lockHistory }),
        readRun: () => readRun(database, run.importRunId),
        now,
      },
      {
        ...writeOptions(args, environment, file),
        kind: makeKind(args, environment, { file, ...run }),
        rejects,
        careful: args.again,
      },
    ),
  );
  return {
    state: ended.state === 'Finished' ? 'finished' : 'stopped',
    progress: ended,
    resumedFrom: run.rowsRead,
    finishedAt: ended.finishedAt,
  };
}

function writeOptions(
  { file }: ImportArguments,
  { stopping, onBatch }: ImportEnvironment,
  { facts, source }: OpenFile,
): Pick<WriteOptions, 'source' | 'checkSource' | 'stopping' | 'onBatch'> {
  return { source, stopping, onBatch, checkSource: () => checkUnchanged(file, facts) };
}

function makeKind(
  { kind, file: path, allowUnknown, dryRun }: ImportArguments,
  { database }: ImportEnvironment,
  { file, startedAt, startedBy }: Pick<ImportRun, 'startedAt' | 'startedBy'> & { readonly file: OpenFile },
): ImportKind {
  const { facts, format } = file;
  const fileDigest = facts.digest;
  const change = { at: startedAt, by: startedBy, fileName: basename(path), fileDigest };
  switch (kind) {
    case 'history':
      return historyKind({ database, fileDigest, allowUnknown });
    case 'items':
      return itemsKind({ database, change, dryRun });
    case 'routings':
      return routingsKind({ database, change, format, dryRun });
  }
}

async function closing<T>(rejects: RejectsFile, work: (rejects: RejectsFile) => Promise<T>): Promise<T> {
  try {
    return await work(rejects);
  } finally {
    rejects.close();
  }
}

function nameOf({ by }: ImportArguments): string {
  if (by !== undefined) return by;
  try {
    return userInfo().username.slice(0, MAX_NAME);
  } catch {
    // A process whose user has no entry in the system's list.
    return 'import';
  }
}
