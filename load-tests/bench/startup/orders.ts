import { setTimeout as delay } from 'node:timers/promises';
import type { TestStack } from '../../../tests/support/stack.ts';

const POLL_MS = 10;
const GIVE_UP_MS = 30_000;

/**
 * Orders an NC program `count` times, one after another and each on another routing in Draft.
 * @returns milliseconds from sending each order to the first read that shows it as Succeeded
 * @throws when one ends otherwise, or not at all
 */
export async function timeOrders(stack: TestStack, count: number): Promise<number[]> {
  const headers = {
    authorization: `Bearer ${await stack.token(['Mcms.Engineer'])}`,
    'content-type': 'application/json',
  };
  const call = async <T>(path: string, body?: unknown): Promise<T> => {
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${stack.apiUrl}${path}`, { headers, ...request });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };

  const { value: routings } = await call<{ value: { routingId: string }[] }>(
    `/routings?status=Draft&top=${count}`,
  );
  if (routings.length < count) throw new Error(`the demo shop has only ${routings.length} routings in Draft`);
  const millis: number[] = [];
  for (const { routingId } of routings) {
    const startedAtMs = performance.now();
    const { commandId } = await call<{ commandId: string }>(`/routings/${routingId}/commands`, {
      application: 'esprit',
      commandType: 'GenerateNcProgram',
    });
    await untilSucceeded(() => call<{ status: string }>(`/commands/${commandId}`), startedAtMs + GIVE_UP_MS);
    millis.push(performance.now() - startedAtMs);
  }
  return millis;
}

async function untilSucceeded(read: () => Promise<{ status: string }>, giveUpAtMs: number): Promise<void> {
  for (;;) {
    const { status } = await read();
    if (status === 'Succeeded') return;
    if (status === 'Failed' || status === 'Cancelled') throw new Error(`an order ended as ${status}`);
    if (performance.now() > giveUpAtMs)
      throw new Error(`an order is still ${status} after ${GIVE_UP_MS / 1000} s`);
    await delay(POLL_MS);
  }
}
