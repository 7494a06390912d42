import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { plainValue } from '../bound.ts';
import { DatabaseUnavailableError } from '../errors.ts';

const MAX_CACHED_STATEMENTS = 300;

/**
 * One connection to a SQLite file for Kysely. It notices when the file it opened is no longer the file at that path (moved
 * away, restored from a copy): an open descriptor would go on writing into a file nobody reads. Then it reopens, and while
 * there is no file it answers as a database that is away. It never waits for a lock: that would stop the whole process.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #path: string;
  readonly #readOnly: boolean;
  #open: { readonly database: DatabaseSync; readonly inode: bigint; readonly device: bigint } | undefined;
  #statements = new Map<string, SqliteStatement>();

  constructor(path: string, options: { readOnly: boolean }) {
    this.#path = path;
    this.#readOnly = options.readOnly;
  }

  prepare(sql: string): SqliteStatement {
    const database = this.#current();
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = adapt(database.prepare(sql));
    if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#open?.database.close();
    this.#open = undefined;
  }

  #current(): DatabaseSync {
    if (this.#open?.database.isTransaction) return this.#open.database;
    const file = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (!file) {
      this.close();
      throw new DatabaseUnavailableError(new Error('the database file is not there'));
    }
    const { ino, dev } = file;
    if (this.#open && this.#open.inode === ino && this.#open.device === dev) return this.#open.database;
    this.close();
    const database = new DatabaseSync(this.#path, { readOnly: this.#readOnly, timeout: 0 });
    try {
      database.exec('PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;');
      if (!this.#readOnly) database.exec('PRAGMA journal_mode = WAL;');
    } catch (error) {
      database.close();
      throw error;
    }
    this.#open = { database, inode: ino, device: dev };
    return database;
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  const bind = (parameters: readonly unknown[]): SQLInputValue[] =>
    parameters.map((value) => bindable(plainValue(value)));
  const reader = statement.columns().length > 0;
  if (reader) statement.setReturnArrays(true);
  return {
    reader,
    all: (parameters) => {
      const rows = statement.all(...bind(parameters)) as unknown as SQLOutputValue[][];
      return asObjects(statement, rows);
    },
    run: (parameters) => statement.run(...bind(parameters)),
    iterate: () => {
      throw new Error('a result is read whole: lists are paged');
    },
  };
}

/**
 * The driver's own objects are dictionaries without a prototype, which whoever reads them pays for with every property. Names are
 * asked for after the run: until then a statement may not know of columns that a migration has added.
 */
function asObjects(
  statement: StatementSync,
  rows: readonly SQLOutputValue[][],
): Record<string, SQLOutputValue>[] {
  const names = statement.columns().map(({ name }) => name);
  return rows.map((values) => {
    const row: Record<string, SQLOutputValue> = {};
    for (let index = 0; index < names.length; index += 1) row[names[index] ?? ''] = values[index] ?? null;
    return row;
  });
}

function bindable(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`a value of type ${typeof value} cannot be bound to a SQL parameter`);
}
