import { until, type TestStack } from './stack.ts';
import type { ReadTable } from './tables.ts';

const FINAL = ['Succeeded', 'Failed', 'Cancelled'];

/** Path of a stack's database file. */
export function databasePath(stack: TestStack): string {
  return stack.sqlConnection.replace(/^sqlite:/, '');
}

/** The status of every command. */
export async function commandStatuses(readTable: ReadTable): Promise<Map<string, string>> {
  const commands = await readTable<{ commandId: string; status: string }>('CamCommand');
  return new Map(commands.map(({ commandId, status }) => [commandId, status]));
}

/** Waits until all these commands have ended and nothing is left to be sent or taken back. */
export async function untilSettled(
  readTable: ReadTable,
  commandIds: readonly string[],
  timeoutMs: number,
): Promise<void> {
  let open: string[] = [];
  let waiting: readonly object[] = [];
  await until(
    async () => {
      const statuses = await commandStatuses(readTable);
      open = commandIds
        .map((id) => `${id} ${statuses.get(id) ?? 'unknown'}`)
        .filter((line) => !FINAL.some((status) => line.endsWith(status)));
      waiting = await readTable('Outbox');
      return open.length === 0 && waiting.length === 0;
    },
    () => `all commands to end and the outbox to be empty: ${JSON.stringify([open, waiting])}`,
    timeoutMs,
  );
}
