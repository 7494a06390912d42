/**
 * 229 object, 262 database statement, 297 "does not have permission to perform this action", 300 and 371 server or database state.
 * https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
 */
const NOT_PERMITTED = new Set([229, 262, 297, 300, 371]);

/** SQL Server's number of an error; undefined for any other. */
export function errorNumber(error: unknown): number | undefined {
  const number: unknown = error instanceof Error ? Reflect.get(error, 'number') : undefined;
  return typeof number === 'number' ? number : undefined;
}

/** True when the server refuses because a permission is missing, which an administrator can grant. */
export function isNotPermitted(error: unknown): boolean {
  return NOT_PERMITTED.has(errorNumber(error) ?? 0);
}

/** The value, or undefined where a permission is missing. */
export async function ifPermitted<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isNotPermitted(error)) return undefined;
    throw error;
  }
}
