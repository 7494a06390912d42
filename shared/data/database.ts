import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** A place to run queries: the reader, or the inside of a transaction. */
export type Queries = Kysely<Schema>;

export type DialectName = 'sqlite' | 'mssql';

/**
 * The database of record. Reads go through `read` and see committed rows only; every write happens inside `transaction`.
 * Both throw `DatabaseUnavailableError` when the engine cannot be reached or stays locked.
 */
export interface Database {
  readonly dialect: DialectName;
  readonly read: Queries;
  /**
   * Reads that may be some seconds old, on a read replica where one is configured and answers; elsewhere the same as `read`. `work`
   * may run twice.
   */
  readReplica<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one write transaction and commits it. On SQLite they follow one another; on SQL Server they overlap, so a change
   * that depends on what was read names the version it read, or writes before it reads. A transient fault rolls back and runs the whole of `work`
   * again (so it must have no effect outside the database), with backoff, for about two seconds at most.
   */
  transaction<T>(work: (trx: Queries) => Promise<T>): Promise<T>;
  /** One round trip; throws when the database does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}
