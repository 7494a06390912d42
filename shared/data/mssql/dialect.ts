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
    return driver;
  }
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
