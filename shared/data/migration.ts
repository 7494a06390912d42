export interface MigrationFile {
  readonly name: string;
  readonly checksum: string;
  readonly batches: readonly string[];
}

/** What the runner needs of an engine: the journal, and one migration with its journal row in one transaction. */
export interface MigrationTarget {
  journal(): Promise<ReadonlyMap<string, string>>;
  apply(migration: MigrationFile, appliedAt: string): Promise<void>;
  close(): Promise<void>;
}
