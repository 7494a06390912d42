import { UnavailableError } from '../errors.ts';

/** The database is locked, away or failing over. Nothing was written; the same call may succeed in a moment. */
export class DatabaseUnavailableError extends UnavailableError {
  constructor(cause: unknown) {
    super('The database does not answer just now.', {
      code: 'database-unavailable',
      retryAfterSeconds: 2,
      cause,
    });
  }
}

/** SQLite primary result codes that a later attempt may not meet: BUSY, LOCKED, IOERR, CANTOPEN. https://sqlite.org/rescode.html */
const SQLITE_TRANSIENT = new Set([5, 6, 10, 14]);
/** SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE. */
const SQLITE_UNIQUE = new Set([1555, 2067]);
/** Violation of a unique constraint or index. */
const MSSQL_UNIQUE = new Set([2601, 2627]);
/** Deadlock victim, and the transient faults of https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues */
const MSSQL_TRANSIENT = new Set([
  1205, 4060, 4221, 10053, 10054, 10060, 10928, 10929, 11001, 40143, 40197, 40501, 40540, 40613, 49918, 49919,
  49920,
]);
const DRIVER_TRANSIENT = new Set([
  'ESOCKET',
  'ETIMEOUT',
  'ECONNCLOSED',
  'ENOTOPEN',
  'EINSTLOOKUP',
  'ECONNRESET',
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
  if (error instanceof DatabaseUnavailableError) return true;
  const { code, errcode, number } = driverError(error);
  if (typeof errcode === 'number') return SQLITE_TRANSIENT.has(errcode & 0xff);
  if (typeof number === 'number') return MSSQL_TRANSIENT.has(number);
  return typeof code === 'string' && DRIVER_TRANSIENT.has(code);
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
