import { type DatabaseConnection, type Driver, MssqlDriver, type QueryResult } from 'kysely';
import { TimeoutError } from 'tarn';
import { createLogger } from '../../telemetry/logger.ts';
import { DatabaseUnavailableError, asDatabaseError, isTransient } from '../errors.ts';
import { retryTransient } from '../retry.ts';

type PooledConnection = Parameters<MssqlDriver['releaseConnection']>[0];

const log = createLogger('sql');

/** COMMIT was sent and was not answered, or with an error of a server that is going away: the transaction may stand, or not. */
export class CommitOutcomeUnknownError extends Error {
  override readonly name = 'CommitOutcomeUnknownError';

  constructor(cause: unknown) {
    super('the database did not say whether a transaction was committed', { cause });
  }
}

/** The error of a statement in a connection's open transaction, which the server has rolled back because of it. */
interface OpenTransaction {
  failure?: Error;
}

const openTransactions = new WeakMap<DatabaseConnection, OpenTransaction>();

/**
 * Kysely's driver for transactions: faults of the connection have names, and a failed rollback hides no error. After a statement that
 * failed (XACT_ABORT is on) the server has no transaction any more, and whatever came next would be committed by itself: so nothing
 * more is sent, and the commit throws that statement's error.
 */
export class WriteDriver extends MssqlDriver {
  /** Throws `DatabaseUnavailableError` whatever kept it from connecting. */
  override async acquireConnection(): ReturnType<MssqlDriver['acquireConnection']> {
    try {
      return naming(await super.acquireConnection());
    } catch (error) {
      const passing = error instanceof TimeoutError || isTransient(error);
      if (!passing) log.error('the database lets nobody in', { error });
      throw new DatabaseUnavailableError(error, { passing });
    }
  }

  override async beginTransaction(...args: Parameters<MssqlDriver['beginTransaction']>): Promise<void> {
    try {
      await super.beginTransaction(...args);
    } catch (error) {
      throw asDatabaseError(error);
    }
    openTransactions.set(args[0], {});
  }

  override async commitTransaction(...args: Parameters<MssqlDriver['commitTransaction']>): Promise<void> {
    const failure = openTransactions.get(args[0])?.failure;
    if (failure !== undefined) throw failure;
    openTransactions.delete(args[0]);
    try {
      await super.commitTransaction(...args);
    } catch (error) {
      throw isTransient(error) ? new CommitOutcomeUnknownError(error) : error;
    }
  }

  /** The error that led here is the one to be thrown; a connection that is gone or still in its transaction leaves the pool. */
  override async rollbackTransaction(...args: Parameters<MssqlDriver['rollbackTransaction']>): Promise<void> {
    openTransactions.delete(args[0]);
    try {
      await super.rollbackTransaction(...args);
    } catch (error) {
      if (!isNothingToRollBack(error)) log.debug('a transaction could not be rolled back', { error });
    }
  }
}

/** 3903, "no corresponding BEGIN TRANSACTION": the engine has rolled back by itself (XACT_ABORT, a deadlock's victim). */
function isNothingToRollBack(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'number') === 3903;
}

/**
 * Reads on the same pool. Each statement is a read of its own and takes a connection for itself, so a lost one costs another
 * try on the next.
 */
export class ReadDriver implements Driver {
  readonly #pool: WriteDriver;

  constructor(pool: WriteDriver) {
    this.#pool = pool;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return {
      executeQuery: <R>(...args: Parameters<DatabaseConnection['executeQuery']>) =>
        retryTransient('read', async (): Promise<QueryResult<R>> => {
          const connection = await this.#pool.acquireConnection();
          try {
            return await connection.executeQuery<R>(...args);
          } finally {
            await this.#pool.releaseConnection(connection as PooledConnection);
          }
        }),
      streamQuery: () => {
        throw new Error('a result is read whole: lists are paged');
      },
    };
  }

  beginTransaction(): Promise<void> {
    return Promise.reject(new Error('writes go through Database.transaction'));
  }

  commitTransaction(): Promise<void> {
    return Promise.resolve();
  }

  rollbackTransaction(): Promise<void> {
    return Promise.resolve();
  }

  async releaseConnection(): Promise<void> {}

  /** The pool is the write driver's. */
  async destroy(): Promise<void> {}
}

const named = new WeakSet<DatabaseConnection>();

/** The connection itself, because the driver reaches into it; pooled ones come by here again and again. */
function naming<C extends DatabaseConnection>(connection: C): C {
  if (named.has(connection)) return connection;
  named.add(connection);
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async (query, options) => {
    const transaction = openTransactions.get(connection);
    if (transaction?.failure !== undefined) throw transaction.failure;
    try {
      return await execute(query, options);
    } catch (error) {
      const failure = asDatabaseError(error);
      if (transaction) transaction.failure = failure instanceof Error ? failure : new Error(String(failure));
      throw failure;
    }
  };
  return connection;
}
