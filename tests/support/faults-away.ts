import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Client } from '../e2e/client.ts';

/** Between two looks at the API while the database is away. */
const LOOK_EVERY_MS = 1_000;

/** How long a test lets the database be away: `MCMS_TEST_SQL_AWAY_SECONDS`, or as long as it says. */
export function awayMs(defaultSeconds: number): number {
  return Number(process.env['MCMS_TEST_SQL_AWAY_SECONDS'] ?? defaultSeconds) * 1000;
}

/** Looks again and again until the time is over. */
export async function during(durationMs: number, look: () => Promise<void>): Promise<void> {
  const over = Date.now() + durationMs;
  while (Date.now() < over) {
    await look();
    await delay(Math.min(LOOK_EVERY_MS, Math.max(0, over - Date.now())));
  }
}

/** A write that nothing else meets. */
export function createItem(client: Client): Promise<Answer> {
  return client.call('POST', '/items', { json: { itemCode: `AWAY-${randomUUID()}`, name: 'Block' } });
}

export function expectUnavailable(answer: Answer): void {
  expect(answer).toMatchObject({ status: 503, json: { code: 'database-unavailable' } });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}
