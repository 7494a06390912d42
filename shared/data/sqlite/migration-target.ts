import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { MigrationFile, MigrationTarget } from '../migration.ts';

/** Migrations on a SQLite file, which is made when it is not there. Waits up to 10 s for another program's lock. */
export class SqliteMigrationTarget implements MigrationTarget {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#database = new DatabaseSync(path, { timeout: 10_000 });
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;');
  }

  async journal(): Promise<ReadonlyMap<string, string>> {
    this.#database.exec(
      'CREATE TABLE IF NOT EXISTS McmsSchemaMigration (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, appliedAt TEXT NOT NULL)',
    );
    const rows = this.#database.prepare('SELECT name, checksum FROM McmsSchemaMigration ORDER BY name').all();
    return new Map(rows.map((row) => [String(row['name']), String(row['checksum'])]));
  }

  async apply(migration: MigrationFile, appliedAt: string): Promise<void> {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const batch of migration.batches) this.#database.exec(batch);
      this.#database
        .prepare('INSERT INTO McmsSchemaMigration (name, checksum, appliedAt) VALUES (?, ?, ?)')
        .run(migration.name, migration.checksum, appliedAt);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}
