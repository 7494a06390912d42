import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { databasePath } from '../../../tests/support/faults-database.ts';
import { ledgerPath, readLedger } from '../../../tests/support/faults-ledger.ts';
import type { TestStack } from '../../../tests/support/stack.ts';

const POLL_MS = 20;

/**
 * Waits until `count` commands have Succeeded in all, asking the database itself so that the API has nothing to do with it.
 * @returns milliseconds since the epoch when that was seen
 * @throws when one ends otherwise, or the time is over
 */
export async function untilSucceeded(
  { sqlConnection }: TestStack,
  count: number,
  giveUpMs: number,
): Promise<number> {
  const database = new DatabaseSync(sqlConnection.replace(/^sqlite:/, ''), { readOnly: true, timeout: 5000 });
  try {
    const statuses = database.prepare(
      `select status, count(*) as n from CamCommand where status in ('Succeeded', 'Failed', 'Cancelled') group by status`,
    );
    const endMs = Date.now() + giveUpMs;
    for (;;) {
      const found = new Map(statuses.all().map(({ status, n }) => [String(status), Number(n)]));
      const succeeded = found.get('Succeeded') ?? 0;
      if (found.size > (succeeded > 0 ? 1 : 0))
        throw new Error(`commands ended otherwise than Succeeded: ${JSON.stringify([...found])}`);
      if (succeeded >= count) return Date.now();
      if (Date.now() > endMs) throw new Error(`only ${succeeded} of ${count} commands ended in time`);
      await delay(POLL_MS);
    }
  } finally {
    database.close();
  }
}

/** When ESPRIT itself was started for each command, by its own ledger: milliseconds since the epoch, the first start counts. */
export async function espritStarts(stack: TestStack): Promise<Map<string, number>> {
  const starts = new Map<string, number>();
  for (const { event, commandId, at } of await readLedger(ledgerPath(stack.stateDir)))
    if (event === 'start' && !starts.has(commandId)) starts.set(commandId, Date.parse(at));
  return starts;
}

/** Rows of a query to the stack's database. */
export function rowsOf<Row>(stack: TestStack, query: string): Row[] {
  const database = new DatabaseSync(databasePath(stack), { readOnly: true, timeout: 5000 });
  try {
    return database.prepare(query).all() as unknown as Row[];
  } finally {
    database.close();
  }
}
