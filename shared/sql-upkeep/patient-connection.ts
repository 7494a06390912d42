/** Below `functionTimeout` of host.json (10 min): the statement is cancelled, and the round says so, before the host ends the process. */
export const PATIENCE_S = 9 * 60;

/** The same connection string for statements that take minutes, one at a time: index upkeep. SQLite needs none and keeps its own. */
export function patientConnection(sqlConnection: string): string {
  return sqlConnection.startsWith('sqlite:')
    ? sqlConnection
    : `${sqlConnection.replace(/;\s*$/, '')};Command Timeout=${PATIENCE_S};Max Pool Size=1;Min Pool Size=0`;
}
