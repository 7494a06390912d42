import type { Capability, CapabilityName } from '../capabilities.ts';
import { MigrationError } from './errors.ts';

export interface MigrationFile {
  readonly name: string;
  /** SHA-256 of the text, in hex; line ends do not count. */
  readonly checksum: string;
  readonly batches: readonly string[];
  /** What the database must be able to do; without it the file waits. */
  readonly requires: readonly CapabilityName[];
  /** False: batches run one by one, each safe to run again, and the journal keeps count. */
  readonly inTransaction: boolean;
  /** Earlier files in whose place this one stands: they are not applied any more. */
  readonly replaces: readonly string[];
}

export type JournalState = 'applied' | 'deferred' | 'started';

/** A row of the journal table, `McmsSchemaMigration`. */
export interface JournalRow {
  readonly name: string;
  /** Of the file; while it is `started`, of the batches that are done. */
  readonly checksum: string;
  readonly state: JournalState;
  readonly batchesDone: number;
  /** When it came into this state; ISO 8601 UTC. */
  readonly appliedAt: string;
  /** Of the last run over the file; null where it was not measured. */
  readonly durationMs: number | null;
}

/** A change of the journal that holds only while the row still is as `before` says; undefined: it is not there. */
export interface JournalChange {
  readonly before: JournalRow | undefined;
  readonly after: JournalRow;
}

export interface Inspection {
  /** Product, version and tier, for people. */
  readonly engine: string;
  readonly capabilities: readonly Capability[];
  readonly journal: readonly JournalRow[];
}

/** What the runner needs of an engine. */
export interface MigrationTarget {
  /** Looks, and makes nothing: neither a database nor a table. */
  inspect(): Promise<Inspection>;
  /**
   * Runs `work` as the only run on this database, or such that `apply` and `record` notice what another run does.
   * @throws {MigrationError} `locked`, after a time-out
   */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Makes journal and capability table or brings them to their present form, and notes the capabilities. */
  prepare(capabilities: readonly Capability[], at: string): Promise<void>;
  journal(): Promise<readonly JournalRow[]>;
  /**
   * All batches and the change of the journal in one transaction; false, and nothing done, when the row is not as `before` says.
   * `after` is asked when the batches are through.
   */
  apply(file: MigrationFile, before: JournalRow | undefined, after: () => JournalRow): Promise<boolean>;
  /** One batch in no transaction. */
  runBatch(file: MigrationFile, index: number): Promise<void>;
  /** The change alone; false when the row was another. */
  record(change: JournalChange): Promise<boolean>;
  close(): Promise<void>;
}

/** What a target throws for a statement that the engine refused. */
export function batchFailed(file: MigrationFile, index: number, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const where = file.batches.length > 1 ? `, batch ${index + 1} of ${file.batches.length}` : '';
  const left = file.inTransaction
    ? 'Nothing of this file is in the database'
    : `The ${index} batches before stay applied`;
  return new MigrationError(
    'failed',
    `${file.name}${where}: ${reason}. ${left}; mend it and run again.`,
    cause,
  );
}

/** Whether two rows say the same about how far a file is. */
export function sameProgress(a: JournalRow | undefined, b: JournalRow | undefined): boolean {
  return a?.state === b?.state && a?.batchesDone === b?.batchesDone;
}
