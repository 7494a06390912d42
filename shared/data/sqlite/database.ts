import { CompiledQuery, type DatabaseConnection, Kysely, SqliteDialect, SqliteDriver, sql } from 'kysely';
import type { Database, Queries } from '../database.ts';
import { asDatabaseError } from '../errors.ts';
import { retryTransient } from '../retry.ts';
import type { Schema } from '../schema.ts';
import { SqliteFile } from './connection.ts';

/**
 * The embedded engine: WAL, one connection that writes (transactions queue for it in this process), one that reads. Nothing but
 * the transaction's own statements may be awaited inside one.
 */
export function openSqliteDatabase(path: string): Database {
  const writerFile = new SqliteFile(path, { readOnly: false });
  const readerFile = new SqliteFile(path, { readOnly: true });
  const writer = new Kysely<Schema>({ dialect: dialect(writerFile, ImmediateDriver) });
  const read = new Kysely<Schema>({ dialect: dialect(readerFile, ReaderDriver) });

  return {
    dialect: 'sqlite',
    read,
    readReplica: (work) => work(read),
    transaction: <T>(work: (trx: Queries) => Promise<T>) =>
      retryTransient('transaction', () => writer.transaction().execute((trx) => work(trx))),
    async check() {
      await sql`select 1`.execute(read);
    },
    async close() {
      await read.destroy();
      await writer.destroy();
      readerFile.close();
      writerFile.close();
    },
  };
}

/** Takes the write lock at once: a deferred transaction that reads and then writes fails when another wrote in between. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

/** Names a locked or missing file as what it is for callers that do not run inside `transaction`. */
class ReaderDriver extends SqliteDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    return {
      executeQuery: async (query) => {
        try {
          return await connection.executeQuery(query);
        } catch (error) {
          throw asDatabaseError(error);
        }
      },
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    };
  }
}

/** Kysely's SQLite dialect on this file, with a driver of ours. */
function dialect(database: SqliteFile, driver: typeof SqliteDriver): SqliteDialect {
  const config = { database };
  return Object.assign(new SqliteDialect(config), { createDriver: () => new driver(config) });
}
