import { setTimeout as delay } from 'node:timers/promises';
import {
  type BulkTransaction,
  type BulkWriter,
  isTransient,
  isUniqueViolation,
} from '../../shared/data/index.ts';
import { Batch, type ImportKind, type PreparedBatch, type Progress } from './batch.ts';
import { BatchConflictError } from './errors.ts';
import { type ImportRun, advanceRun } from './import-run.ts';
import type { RejectsFile } from './rejects-file.ts';
import type { RecordCursor } from './source/record-cursor.ts';
import type { SourceFile } from './source/source-file.ts';

export interface WriteOptions {
  readonly kind: ImportKind;
  readonly source: SourceFile;
  readonly rejects: RejectsFile;
  /** Look for rows that are there already from the first batch on. */
  readonly careful: boolean;
  /** Throws when the file is no longer the one that the run is about. */
  readonly checkSource: () => Promise<void>;
  /** True once no further record is to be taken. */
  readonly stopping: () => boolean;
  /** Told of each batch when it begins; its progress moves on as it is read. */
  readonly onBatch: (batch: { readonly progress: Progress }) => void;
}

export interface WriteTarget {
  openWriter(): Promise<BulkWriter>;
  /** The run as the database has it. */
  readRun(): Promise<ImportRun>;
  now(): Date;
}

/** Waits before a batch is tried again: 1, 2, 4, 8, 16 and 30 s, a minute in all; a failover takes less. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 16_000, 30_000];
/** A batch that conflicts with what others write is prepared anew at once. */
const MAX_CONFLICTS = 3;

/**
 * Writes what is left of a run, batch by batch. A batch that fails is taken up where the database says that the run stands, so that
 * nothing is written twice even when it is not known whether a commit got through.
 * @throws {ImportError}; whatever the database refuses for good.
 */
export async function writeFile(
  run: ImportRun,
  target: WriteTarget,
  options: WriteOptions,
): Promise<ImportRun> {
  let current = run;
  let { careful } = options;
  const patience = new Patience();
  for (let first = true; ; first = false) {
    let pass: Pass | undefined;
    try {
      if (!first) current = await target.readRun();
      patience.reached(current.byteOffset);
      options.rejects.restore(current.rejectedBytes);
      pass = new Pass(current, target, { ...options, careful });
      return await pass.run();
    } catch (error) {
      patience.reached(pass?.current.byteOffset ?? 0);
      careful ||= isConflict(error);
      const waitMs = patience.waitMs(error);
      if (waitMs === undefined || options.stopping()) throw error;
      await delay(waitMs);
    }
  }
}

function isConflict(error: unknown): boolean {
  return isUniqueViolation(error) || error instanceof BatchConflictError;
}

/** How often one batch is tried again. */
class Patience {
  #byteOffset = 0;
  #failures = 0;
  #conflicts = 0;

  /** A run that has got further starts afresh. */
  reached(byteOffset: number): void {
    if (byteOffset <= this.#byteOffset) return;
    this.#byteOffset = byteOffset;
    this.#failures = 0;
    this.#conflicts = 0;
  }

  /** How long to wait after this error; undefined when there is no use in trying again. */
  waitMs(error: unknown): number | undefined {
    if (isConflict(error)) {
      this.#conflicts += 1;
      return this.#conflicts <= MAX_CONFLICTS ? 0 : undefined;
    }
    if (!isTransient(error)) return undefined;
    this.#failures += 1;
    return RETRY_DELAYS_MS[this.#failures - 1];
  }
}

/** One reading of the file with one connection, up to the end or to the first failure. */
class Pass {
  /** As committed by this pass. */
  current: ImportRun;
  readonly #target: WriteTarget;
  readonly #options: WriteOptions;

  constructor(run: ImportRun, target: WriteTarget, options: WriteOptions) {
    this.current = run;
    this.#target = target;
    this.#options = options;
  }

  async run(): Promise<ImportRun> {
    const { source, stopping } = this.#options;
    const { byteOffset, rowsRead: records } = this.current;
    const cursor = await source.open({ byteOffset, records });
    try {
      const writer = await this.#target.openWriter();
      try {
        while (!stopping() && (await cursor.peek()) !== undefined) await this.#writeBatch(cursor, writer);
        if ((await cursor.peek()) === undefined) await this.#finish(writer);
        return this.current;
      } finally {
        await writer.close();
      }
    } finally {
      await cursor.close();
    }
  }

  async #writeBatch(cursor: RecordCursor, writer: BulkWriter): Promise<void> {
    const { kind, rejects, careful, stopping, checkSource, onBatch } = this.#options;
    const { batchRows, streams } = writer;
    const batch = new Batch({ cursor, rejects, from: this.current, batchRows, streams, careful, stopping });
    onBatch(batch);
    const prepared = await kind.prepare(batch);
    const progress = await writer.transaction(async (transaction) => {
      await writeRows(transaction, prepared);
      await checkSource();
      rejects.flush();
      const updatedAt = this.#target.now().toISOString();
      await advanceRun(transaction, this.current, { ...batch.progress, updatedAt });
      return batch.progress;
    });
    this.current = { ...this.current, ...progress };
  }

  async #finish(writer: BulkWriter): Promise<void> {
    const finishedAt = this.#target.now().toISOString();
    const { rowsRead, rowsWritten, rowsRejected, byteOffset, rejectedBytes } = this.current;
    const progress = { rowsRead, rowsWritten, rowsRejected, byteOffset, rejectedBytes };
    await writer.transaction((transaction) =>
      advanceRun(transaction, this.current, { ...progress, updatedAt: finishedAt, finishedAt }),
    );
    this.current = { ...this.current, state: 'Finished', finishedAt };
  }
}

async function writeRows(
  transaction: BulkTransaction,
  { inserts, changes = [] }: PreparedBatch,
): Promise<void> {
  for (const { table, rows } of inserts) {
    if (Array.isArray(rows) && rows.length === 0) continue;
    await transaction.insert(table, rows);
  }
  for (const { table, change } of changes) {
    const changed = await transaction.update(table, change);
    if (changed !== 1) throw new BatchConflictError(`a row of ${table} was changed meanwhile`);
  }
}

/**
 * Reads the whole file as an import would, and writes nothing but the file of rejects.
 * @throws {ImportError}
 */
export async function checkFile(options: WriteOptions & { readonly batchRows: number }): Promise<Progress> {
  const { kind, source, rejects, careful, stopping, onBatch, batchRows } = options;
  let progress: Progress = { rowsRead: 0, rowsWritten: 0, rowsRejected: 0, byteOffset: 0, rejectedBytes: 0 };
  rejects.restore(0);
  const cursor = await source.open({ byteOffset: 0, records: 0 });
  try {
    while (!stopping() && (await cursor.peek()) !== undefined) {
      const from = progress;
      const batch = new Batch({ cursor, rejects, from, batchRows, streams: false, careful, stopping });
      onBatch(batch);
      await kind.prepare(batch);
      rejects.flush();
      progress = batch.progress;
    }
    await options.checkSource();
    return progress;
  } finally {
    await cursor.close();
  }
}
