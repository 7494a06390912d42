import type { BulkWriter, BulkWriterOptions } from './bulk.ts';
import { openSqliteBulkWriter } from './sqlite/bulk.ts';

const SQLITE_PREFIX = 'sqlite:';

/**
 * A connection of its own for loading rows in bulk into the database that `SqlConnection` names.
 * @throws {DatabaseUnavailableError}
 */
export async function openBulkWriter(sqlConnection: string, options: BulkWriterOptions): Promise<BulkWriter> {
  if (sqlConnection.startsWith(SQLITE_PREFIX)) {
    return openSqliteBulkWriter(sqlConnection.slice(SQLITE_PREFIX.length));
  }
  const { openMssqlBulkWriter } = await import('./mssql/bulk.ts');
  return openMssqlBulkWriter(sqlConnection, options);
}
