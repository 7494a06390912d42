import { type DatabaseConnection, type Driver, MssqlDialect } from 'kysely';
import { asDatabaseError } from '../errors.ts';

/** Kysely's SQL Server dialect, whose connections name a database that is away as what it is. */
export class NamingMssqlDialect extends MssqlDialect {
  override createDriver(): Driver {
    const driver = super.createDriver();
    const acquire = driver.acquireConnection.bind(driver);
    driver.acquireConnection = async (options) => {
      try {
        return naming(await acquire(options));
      } catch (error) {
        throw asDatabaseError(error);
      }
    };
    const rollback = driver.rollbackTransaction.bind(driver);
    driver.rollbackTransaction = async (connection) => {
      try {
        await rollback(connection);
      } catch (error) {
        if (!isNothingToRollBack(error)) throw error;
      }
    };
    return driver;
  }
}

/**
 * 3903, "no corresponding BEGIN TRANSACTION": the engine has rolled back by itself (XACT_ABORT, a deadlock's victim). Thrown on,
 * it would hide the error that was the reason.
 */
function isNothingToRollBack(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'number') === 3903;
}

const named = new WeakSet<DatabaseConnection>();

/** The connection itself, because the driver reaches into it; pooled ones come by here again and again. */
function naming(connection: DatabaseConnection): DatabaseConnection {
  if (named.has(connection)) return connection;
  named.add(connection);
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async (query, options) => {
    try {
      return await execute(query, options);
    } catch (error) {
      throw asDatabaseError(error);
    }
  };
  return connection;
}
