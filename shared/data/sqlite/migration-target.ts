import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../errors.ts';
import { MigrationError } from '../migrations/errors.ts';
import {
  type Inspection,
  type JournalChange,
  type JournalRow,
  type JournalState,
  type MigrationFile,
  type MigrationTarget,
  batchFailed,
  sameProgress,
} from '../migrations/migration.ts';

const RETRY_DELAY_MS = 25;

const MAKE_JOURNAL = `CREATE TABLE IF NOT EXISTS McmsSchemaMigration (
  name TEXT NOT NULL PRIMARY KEY,
  checksum TEXT NOT NULL,
  appliedAt TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'applied',
  batchesDone INTEGER NOT NULL DEFAULT 0,
  durationMs INTEGER NULL
)`;
/** What the journal of the first version lacks. Its own inserts still fit. */
const ADDED_COLUMNS = [
  "state TEXT NOT NULL DEFAULT 'applied'",
  'batchesDone INTEGER NOT NULL DEFAULT 0',
  'durationMs INTEGER NULL',
];

/**
 * Migrations on a SQLite file, which is made with the first write. Each write takes the file's lock and looks at the journal's row
 * again, so that two runs at once do not both apply. Waits for locks without stopping the process.
 */
export class SqliteMigrationTarget implements MigrationTarget {
  readonly #path: string;
  readonly #lockWaitMs: number;
  #open: DatabaseSync | undefined;

  constructor(path: string, { lockWaitMs }: { readonly lockWaitMs: number }) {
    this.#path = path;
    this.#lockWaitMs = lockWaitMs;
  }

  async inspect(): Promise<Inspection> {
    const there = (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) > 0;
    const database = new DatabaseSync(there ? this.#path : ':memory:', { readOnly: there });
    try {
      // Any statement reads the schema first, and so may meet a run that just turns the file to WAL.
      const version = await this.#patiently(
        () => database.prepare('SELECT sqlite_version() AS version').get()?.['version'],
      );
      const journal = await this.#patiently(() => rowsOf(database));
      return { engine: `SQLite ${String(version)}`, capabilities: [], journal };
    } finally {
      database.close();
    }
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async prepare(): Promise<void> {
    await this.#patiently(() => this.#writable().exec('PRAGMA journal_mode = WAL'));
    await this.#transaction((database) => {
      database.exec(MAKE_JOURNAL);
      const there = new Set(columnsOf(database));
      for (const column of ADDED_COLUMNS) {
        if (!there.has(column.split(' ')[0] ?? ''))
          database.exec(`ALTER TABLE McmsSchemaMigration ADD COLUMN ${column}`);
      }
    });
  }

  journal(): Promise<readonly JournalRow[]> {
    return this.#patiently(() => rowsOf(this.#writable()));
  }

  apply(file: MigrationFile, before: JournalRow | undefined, after: () => JournalRow): Promise<boolean> {
    return this.#transaction((database) => {
      if (!sameProgress(rowOf(database, file.name), before)) return false;
      for (const [index, batch] of file.batches.entries()) {
        try {
          database.exec(batch);
        } catch (error) {
          throw batchFailed(file, index, error);
        }
      }
      write(database, after());
      return true;
    });
  }

  async runBatch(file: MigrationFile, index: number): Promise<void> {
    try {
      await this.#patiently(() => this.#writable().exec(file.batches[index] ?? ''));
    } catch (error) {
      throw error instanceof MigrationError ? error : batchFailed(file, index, error);
    }
  }

  record({ before, after }: JournalChange): Promise<boolean> {
    return this.#transaction((database) => {
      if (!sameProgress(rowOf(database, after.name), before)) return false;
      write(database, after);
      return true;
    });
  }

  async close(): Promise<void> {
    this.#open?.close();
    this.#open = undefined;
  }

  #writable(): DatabaseSync {
    if (this.#open) return this.#open;
    mkdirSync(dirname(this.#path), { recursive: true });
    this.#open = new DatabaseSync(this.#path, { timeout: 0 });
    this.#open.exec('PRAGMA foreign_keys = ON');
    return this.#open;
  }

  async #transaction<T>(work: (database: DatabaseSync) => T): Promise<T> {
    const database = this.#writable();
    await this.#patiently(() => database.exec('BEGIN IMMEDIATE'));
    try {
      const result = work(database);
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Repeats what a lock keeps from being done. */
  async #patiently<T>(work: () => T): Promise<T> {
    const deadlineMs = performance.now() + this.#lockWaitMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isTransient(error)) throw error;
        if (performance.now() >= deadlineMs) throw locked(this.#path, this.#lockWaitMs, error);
      }
      await delay(RETRY_DELAY_MS);
    }
  }
}

function rowsOf(database: DatabaseSync): JournalRow[] {
  if (columnsOf(database).length === 0) return [];
  return database
    .prepare('SELECT * FROM McmsSchemaMigration ORDER BY name')
    .all()
    .map((row) => ({
      name: String(row['name']),
      checksum: String(row['checksum']),
      // The first version's rows have the first three columns only.
      state: (row['state'] ?? 'applied') as JournalState,
      batchesDone: Number(row['batchesDone'] ?? 0),
      appliedAt: String(row['appliedAt']),
      durationMs: typeof row['durationMs'] === 'number' ? row['durationMs'] : null,
    }));
}

function rowOf(database: DatabaseSync, name: string): JournalRow | undefined {
  return rowsOf(database).find((row) => row.name === name);
}

function write(database: DatabaseSync, row: JournalRow): void {
  const { name, checksum, state, batchesDone, appliedAt, durationMs } = row;
  database
    .prepare(
      `INSERT OR REPLACE INTO McmsSchemaMigration (name, checksum, state, batchesDone, appliedAt, durationMs)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(name, checksum, state, batchesDone, appliedAt, durationMs);
}

/** Names of the journal's columns; none when there is no journal. */
function columnsOf(database: DatabaseSync): string[] {
  const rows = database.prepare('PRAGMA table_info(McmsSchemaMigration)').all();
  return rows.map((row) => String(row['name']));
}

function locked(path: string, waitedMs: number, cause: unknown): MigrationError {
  return new MigrationError(
    'locked',
    `${path} has been locked for ${waitedMs / 1000} s by another program: ` +
      'let the migration, import or SQL shell that has it open finish or stop it, then run again',
    cause,
  );
}
