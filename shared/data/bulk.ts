import type { Insertable } from 'kysely';
import type { Schema } from './schema.ts';

/** The tables that may be loaded in bulk. */
export const BULK_TABLES = [
  'Item',
  'ItemRevision',
  'Routing',
  'CamRevision',
  'RoutingStep',
  'HistoryEntry',
  'ImportRun',
] as const;
export type BulkTable = (typeof BULK_TABLES)[number];

/** A whole row: every column but `seq`. */
export type BulkRow<T extends BulkTable> = Required<Omit<Insertable<Schema[T]>, 'seq'>>;
export type BulkRows<T extends BulkTable> = Iterable<BulkRow<T>> | AsyncIterable<BulkRow<T>>;

export interface RowChange<T extends BulkTable> {
  readonly set: Partial<BulkRow<T>>;
  /** Equality on every column given; no nulls. */
  readonly where: Partial<BulkRow<T>>;
}

/** The inside of the transaction of one batch. */
export interface BulkTransaction {
  /** Appends rows as they come, without holding them; returns how many there were. */
  insert<T extends BulkTable>(table: T, rows: BulkRows<T>): Promise<number>;
  /** Returns the number of rows changed. */
  update<T extends BulkTable>(table: T, change: RowChange<T>): Promise<number>;
}

/**
 * One connection that loads rows in large batches, each a transaction. Nothing is retried here: a batch whose rows stream from a
 * file can only be repeated by who reads the file.
 */
export interface BulkWriter {
  /** How many rows of history a batch should have on this engine. */
  readonly batchRows: number;
  /**
   * True when rows should be handed over as they are read, inside the transaction; false when they should be read first, because an
   * open transaction keeps every other writer out.
   */
  readonly streams: boolean;
  /**
   * Commits what `work` did, or nothing.
   * @throws {DatabaseUnavailableError} on transient faults; whether the batch was committed must then be looked up.
   */
  transaction<T>(work: (transaction: BulkTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface BulkWriterOptions {
  /**
   * Take the lock of the whole history table while a batch is written (SQL Server's TABLOCK): less locking work, but other writers
   * of history wait for the batch.
   */
  readonly lockHistory: boolean;
}
