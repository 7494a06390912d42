import { randomUUID } from 'node:crypto';
import {
  type BulkTransaction,
  type Database,
  type ImportRunTable,
  firstRows,
} from '../../shared/data/index.ts';
import type { Selectable } from 'kysely';
import type { ImportKind, Progress } from './batch.ts';
import { ImportError } from './errors.ts';

/** A run of an import, as its row in the database stands. */
export interface ImportRun extends Progress {
  readonly importRunId: string;
  readonly state: 'Running' | 'Finished';
  /** The time of everything it writes, ISO 8601 UTC, so that a run in several goes writes what one in one go does. */
  readonly startedAt: string;
  readonly startedBy: string;
  readonly finishedAt: string | null;
}

export interface FileOfRun {
  readonly kind: ImportKind['name'];
  readonly fileName: string;
  readonly fileDigest: string;
}

const MAX_FILE_NAME = 260;

/** The last run of this content, whatever the file was called. */
export async function findRun(
  database: Database,
  { kind, fileDigest }: Pick<FileOfRun, 'kind' | 'fileDigest'>,
): Promise<ImportRun | undefined> {
  const runs = database.read
    .selectFrom('ImportRun')
    .selectAll()
    .where('kind', '=', kind)
    .where('fileDigest', '=', fileDigest)
    .orderBy('seq', 'desc');
  const row = await firstRows(runs, 1, database.dialect).executeTakeFirst();
  return row && toRun(row);
}

export async function readRun(database: Database, importRunId: string): Promise<ImportRun> {
  const row = await database.read
    .selectFrom('ImportRun')
    .selectAll()
    .where('importRunId', '=', importRunId)
    .executeTakeFirstOrThrow();
  return toRun(row);
}

export async function startRun(
  database: Database,
  { kind, fileName, fileDigest }: FileOfRun,
  { at, by }: { at: Date; by: string },
): Promise<ImportRun> {
  const now = at.toISOString();
  const row = {
    importRunId: randomUUID(),
    kind,
    fileName: fileName.slice(-MAX_FILE_NAME),
    fileDigest,
    rowsRead: 0,
    rowsWritten: 0,
    rowsRejected: 0,
    byteOffset: 0,
    rejectedBytes: 0,
    state: 'Running',
    startedAt: now,
    startedBy: by,
    updatedAt: now,
    finishedAt: null,
  } as const;
  await database.transaction(async (trx) => {
    await trx.insertInto('ImportRun').values(row).execute();
  });
  return row;
}

/**
 * Moves the run on, in the transaction of the batch that led there.
 * @throws {ImportError} when the run no longer stands where this process believed.
 */
export async function advanceRun(
  transaction: BulkTransaction,
  { importRunId, byteOffset }: ImportRun,
  change: Progress & { readonly updatedAt: string; readonly finishedAt?: string },
): Promise<void> {
  const { finishedAt, ...progress } = change;
  const changed = await transaction.update('ImportRun', {
    set: { ...progress, ...(finishedAt === undefined ? {} : { state: 'Finished', finishedAt }) },
    where: { importRunId, byteOffset, state: 'Running' },
  });
  if (changed !== 1) throw new ImportError('another process is importing the same file');
}

/** SQL Server's driver gives numbers of 64 bits as text; all of these are far below 2^53. */
function toRun(row: Selectable<ImportRunTable>): ImportRun {
  return {
    importRunId: row.importRunId,
    state: row.state === 'Finished' ? 'Finished' : 'Running',
    startedAt: row.startedAt,
    startedBy: row.startedBy,
    finishedAt: row.finishedAt,
    rowsRead: Number(row.rowsRead),
    rowsWritten: Number(row.rowsWritten),
    rowsRejected: Number(row.rowsRejected),
    byteOffset: Number(row.byteOffset),
    rejectedBytes: Number(row.rejectedBytes),
  };
}
