import { randomUUID } from 'node:crypto';
import { type Dialect, Kysely, MssqlAdapter, MssqlIntrospector, type Driver, sql } from 'kysely';
import type { Database, Queries } from '../database.ts';
import { isUniqueViolation } from '../errors.ts';
import { retryTransient } from '../retry.ts';
import type { Schema } from '../schema.ts';
import { type MssqlSettings, forReadingOnly } from './connection-string.ts';
import { CommitOutcomeUnknownError, ReadDriver, WriteDriver } from './driver.ts';
import { driverConfig } from './pool.ts';
import { TypedQueryCompiler } from './query-compiler.ts';
import { Replica } from './replica.ts';
import { resolveSettings } from './sign-in.ts';

/**
 * Azure SQL or SQL Server through `tedious`; connection strings as `parseConnectionString` takes them. With `replica`, history is read
 * there while it answers.
 */
export async function openMssqlDatabase(connectionString: string, replica?: string): Promise<Database> {
  const primary = openPool(await resolveSettings(connectionString));
  const secondary =
    replica === undefined ? undefined : openPool(forReadingOnly(await resolveSettings(replica)));
  const { read, write } = primary;
  const replicaReader = new Replica(read, secondary?.read);

  return {
    dialect: 'mssql',
    read,
    readReplica: (work) => replicaReader.run(work),
    transaction: (work) => transact(write, work),
    async check() {
      await sql`select 1 as one`.execute(read);
    },
    async close() {
      await secondary?.close();
      await primary.close();
    },
  };
}

export interface Pool {
  /** Single reads, repeated after transient faults. */
  readonly read: Queries;
  /** For transactions. */
  readonly write: Kysely<Schema>;
  close(): Promise<void>;
}

/** Connects with the first query. What goes through `write` is neither repeated nor marked. */
export function openPool(settings: MssqlSettings): Pool {
  const driver = new WriteDriver(driverConfig(settings));
  return {
    read: queries(new ReadDriver(driver)),
    write: queries(driver),
    close: () => driver.destroy(),
  };
}

function queries(driver: Driver): Kysely<Schema> {
  const dialect: Dialect = {
    createDriver: () => driver,
    createQueryCompiler: () => new TypedQueryCompiler(),
    createAdapter: () => new MssqlAdapter(),
    createIntrospector: (db) => new MssqlIntrospector(db),
  };
  return new Kysely<Schema>({ dialect }).withSchema('mcms');
}

/**
 * When the answer to a commit is lost, its marker tells whether the transaction stands: then its value is returned. Nothing is
 * repeated before that is known; where it cannot be learnt in time, `DatabaseUnavailableError` is thrown and it stays open.
 */
async function transact<T>(write: Kysely<Schema>, work: (trx: Queries) => Promise<T>): Promise<T> {
  let inDoubt: { readonly markerId: string; readonly value: T } | undefined;
  return retryTransient('transaction', async () => {
    if (inDoubt && (await stands(write, inDoubt.markerId))) return inDoubt.value;
    inDoubt = undefined;
    const markerId = randomUUID();
    let done: { readonly value: T } | undefined;
    try {
      return await write.transaction().execute(async (trx) => {
        await insertMarker(trx, markerId);
        const value = await work(trx);
        done = { value };
        return value;
      });
    } catch (error) {
      if (!(error instanceof CommitOutcomeUnknownError) || !done) throw error;
      inDoubt = { markerId, value: done.value };
      if (await stands(write, markerId)) return done.value;
      inDoubt = undefined;
      throw error.cause;
    }
  });
}

function insertMarker(trx: Queries, markerId: string) {
  const committedAt = new Date().toISOString();
  return trx.insertInto('CommitMarker').values({ markerId, committedAt }).execute();
}

/**
 * Whether the transaction of this marker was committed. Asked by inserting the marker anew: the unique key lets that wait for a commit
 * that is still under way. Once it is in, the transaction can never be committed any more, whatever becomes of this insert: were it
 * asked again after a lost commit of its own, it might find its own marker.
 */
async function stands(write: Kysely<Schema>, markerId: string): Promise<boolean> {
  let inserted = false;
  try {
    await write.transaction().execute(async (trx) => {
      await insertMarker(trx, markerId);
      inserted = true;
    });
  } catch (error) {
    if (isUniqueViolation(error)) return true;
    if (!inserted) throw error;
  }
  return false;
}
