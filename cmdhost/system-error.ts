/** The `code` of a failure of the system (`ENOENT`) or of a child process (its exit code); undefined when it has none. */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}
