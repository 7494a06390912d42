import type { FieldError } from '../../shared/errors.ts';
import type { BulkRow, BulkRows, BulkTable, RowChange } from '../../shared/data/index.ts';
import type { RejectsFile } from './rejects-file.ts';
import type { RecordCursor } from './source/record-cursor.ts';
import type { Column, SourceRecord } from './source/record.ts';

/** What is done with, of a file. What was there already is what remains of `rowsRead`. */
export interface Progress {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  readonly rowsRejected: number;
  readonly byteOffset: number;
  readonly rejectedBytes: number;
}

export interface BatchOptions {
  readonly cursor: RecordCursor;
  readonly rejects: RejectsFile;
  readonly from: Progress;
  /** How many rows of history make a batch. */
  readonly batchRows: number;
  /** Rows are to be handed over while they are read. */
  readonly streams: boolean;
  /** Look for rows that are there already, because a batch was refused for one. */
  readonly careful: boolean;
  /** True once the batch is to end with the record at hand. */
  readonly stopping: () => boolean;
}

/** The records of one transaction, counted as they are taken off the file. */
export class Batch {
  readonly options: BatchOptions;
  readonly #counts: { rowsRead: number; rowsWritten: number; rowsRejected: number; byteOffset: number };

  constructor(options: BatchOptions) {
    this.options = options;
    const { rowsRead, rowsWritten, rowsRejected, byteOffset } = options.from;
    this.#counts = { rowsRead, rowsWritten, rowsRejected, byteOffset };
  }

  /** Complete once the rows of the batch have been consumed. */
  get progress(): Progress {
    return { ...this.#counts, rejectedBytes: this.options.rejects.length };
  }

  /** Each record belongs to the batch by this, whatever becomes of it. */
  read(record: SourceRecord): void {
    this.#counts.rowsRead += 1;
    this.#counts.byteOffset = record.endOffset;
  }

  written(records = 1): void {
    this.#counts.rowsWritten += records;
  }

  /** `records` make one thing, which is refused as a whole. */
  reject(records: readonly SourceRecord[], reasons: readonly FieldError[]): void {
    this.#counts.rowsRejected += records.length;
    this.options.rejects.add(records, reasons);
  }
}

export interface TableRows<T extends BulkTable = BulkTable> {
  readonly table: T;
  readonly rows: BulkRows<T>;
}

export interface TableChange<T extends BulkTable = BulkTable> {
  readonly table: T;
  /** Of exactly one row; another number means that somebody else changed it meanwhile, and the batch is prepared anew. */
  readonly change: RowChange<T>;
}

/** What a batch writes, parents before children. */
export interface PreparedBatch {
  readonly inserts: readonly TableRows[];
  readonly changes?: readonly TableChange[];
}

/** What is imported: the columns of its files, and what becomes of its records. */
export interface ImportKind {
  readonly name: 'history' | 'items' | 'routings';
  readonly columns: readonly Column[];
  /** Reads records until the batch is large enough. Rows may come lazily, while they are written. */
  prepare(batch: Batch): Promise<PreparedBatch>;
}

/** Types the rows by their table. */
export function rowsOf<T extends BulkTable>(
  table: T,
  rows: AsyncIterable<BulkRow<T>> | Iterable<BulkRow<T>>,
): TableRows {
  return { table, rows } as unknown as TableRows;
}

export function changeOf<T extends BulkTable>(table: T, change: RowChange<T>): TableChange {
  return { table, change } as unknown as TableChange;
}
