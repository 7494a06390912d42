import { UnavailableError } from '../errors.ts';

/**
 * The database is locked, away or failing over, or lets nobody in. The same call may succeed in a moment. Nothing was written, unless
 * SQL Server went away during a commit and did not come back in time: then all of the transaction may stand.
 */
export class DatabaseUnavailableError extends UnavailableError {
  /** False where the next moment will not be better: a refused login, a certificate nobody trusts. */
  readonly passing: boolean;

  constructor(cause: unknown, { passing = true }: { readonly passing?: boolean } = {}) {
    super('The database does not answer just now.', {
      code: 'database-unavailable',
      retryAfterSeconds: 2,
      cause,
    });
    this.passing = passing;
  }
}

/** SQLite primary result codes that a later attempt may not meet: BUSY, LOCKED, IOERR, CANTOPEN. https://sqlite.org/rescode.html */
const SQLITE_TRANSIENT = new Set([5, 6, 10, 14]);
/** SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE. */
const SQLITE_UNIQUE = new Set([1555, 2067]);
/** Violation of a unique constraint or index. */
const MSSQL_UNIQUE = new Set([2601, 2627]);

/**
 * Error numbers of SQL Server after which the whole transaction may be repeated.
 * - Azure SQL's transient faults: https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
 * - 1205 deadlock victim; 3960 update conflict under snapshot isolation; 3966, 1222 lock time-out.
 * - Memory-optimized tables: 41302 write conflict, 41305 and 41325 validation, 41301 a transaction it depended on failed; 41823 and
 *   41840 the storage cap, which deletions free: https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/transactions-with-memory-optimized-tables
 */
const MSSQL_TRANSIENT = new Set([
  // Connecting, failing over, throttled.
  64, 233, 4060, 4221, 10053, 10054, 10060, 10928, 10929, 11001, 40143, 40197, 40501, 40540, 40613, 49918,
  49919, 49920, 615, 926, 921,
  // Conflicts.
  1205, 1222, 3960, 3966, 41301, 41302, 41305, 41325, 41823, 41839, 41840,
]);
/** Codes of `tedious` and of sockets for a connection that could not be made, or is gone. */
const CONNECTION_FAULTS = new Set([
  'ESOCKET',
  'ETIMEOUT',
  'ECONNCLOSED',
  'ENOTOPEN',
  'EINVALIDSTATE',
  'EINSTLOOKUP',
  'EFEDAUTH',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ECLOSE',
]);

interface DriverError {
  readonly code?: unknown;
  readonly errcode?: unknown;
  readonly number?: unknown;
}

function driverError(error: unknown): DriverError {
  return typeof error === 'object' && error !== null ? error : {};
}

/** True when the whole transaction may be repeated. */
export function isTransient(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return error.passing;
  const { errcode, number } = driverError(error);
  if (typeof errcode === 'number') return SQLITE_TRANSIENT.has(errcode & 0xff);
  if (typeof number === 'number') return MSSQL_TRANSIENT.has(number);
  return isConnectionFault(error);
}

/** True when a connection to SQL Server broke, or did not answer in time: what it was doing may have happened or not. */
export function isConnectionFault(error: unknown): boolean {
  const { code, number } = driverError(error);
  return typeof number !== 'number' && typeof code === 'string' && CONNECTION_FAULTS.has(code);
}

/** True when a row with the same key is already there. */
export function isUniqueViolation(error: unknown): boolean {
  const { errcode, number } = driverError(error);
  if (typeof errcode === 'number') return SQLITE_UNIQUE.has(errcode);
  return typeof number === 'number' && MSSQL_UNIQUE.has(number);
}

/** Turns a transient driver error into `DatabaseUnavailableError`; others stay as they are. */
export function asDatabaseError(error: unknown): unknown {
  return isTransient(error) && !(error instanceof DatabaseUnavailableError)
    ? new DatabaseUnavailableError(error)
    : error;
}

/** What names a fault in telemetry: the engine's error number, or the driver's code. */
export function faultCode(error: unknown): string {
  const fault = error instanceof DatabaseUnavailableError ? error.cause : error;
  const { code, errcode, number } = driverError(fault);
  const known = number ?? errcode ?? code;
  return typeof known === 'number' || typeof known === 'string' ? String(known) : 'unknown';
}
