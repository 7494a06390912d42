import { DatabaseSync } from 'node:sqlite';
import { until, type TestStack } from './stack.ts';

const FINAL = ['Succeeded', 'Failed', 'Cancelled'];

/** Path of a stack's database file. */
export function databasePath(stack: TestStack): string {
  return stack.sqlConnection.replace(/^sqlite:/, '');
}

/** The status of every command, from the file itself. */
export function commandStatuses(path: string): Map<string, string> {
  return new Map(
    query<{ commandId: string; status: string }>(path, 'select commandId, status from CamCommand').map(
      ({ commandId, status }) => [commandId, status],
    ),
  );
}

/** Waits until all these commands have ended and nothing is left to be sent or taken back. */
export async function untilSettled(
  path: string,
  commandIds: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const open = (): string[] => {
    const statuses = commandStatuses(path);
    return commandIds
      .map((id) => `${id} ${statuses.get(id) ?? 'unknown'}`)
      .filter((line) => !FINAL.some((status) => line.endsWith(status)));
  };
  const waiting = () => query(path, 'select destination, messageId, attempts, lastError from Outbox');
  await until(
    () => open().length === 0 && waiting().length === 0,
    () => `all commands to end and the outbox to be empty: ${JSON.stringify([open(), waiting()])}`,
    timeoutMs,
  );
}

function query<Row>(path: string, sql: string): Row[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
  try {
    return database.prepare(sql).all() as unknown as Row[];
  } finally {
    database.close();
  }
}
