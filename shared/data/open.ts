import type { Database } from './database.ts';
import { openSqliteDatabase } from './sqlite/database.ts';

const SQLITE_PREFIX = 'sqlite:';

/**
 * Opens the database that `SqlConnection` names: `sqlite:PATH`, or an ADO.NET-style SQL Server string. Connects with the first
 * query, not here. The SQL Server driver is loaded only when it is asked for. `replica` is a connection string for reads that may
 * be some seconds old (`Database.readReplica`); SQLite has none.
 */
export async function openDatabase(
  sqlConnection: string,
  { replica }: { readonly replica?: string | undefined } = {},
): Promise<Database> {
  if (sqlConnection.startsWith(SQLITE_PREFIX))
    return openSqliteDatabase(sqlConnection.slice(SQLITE_PREFIX.length));
  const { openMssqlDatabase } = await import('./mssql/database.ts');
  return openMssqlDatabase(sqlConnection, replica);
}
