import { type Usage, memoryOf, usageOf } from '../processes.ts';
import type { Sent } from './orders.ts';
import { espritStarts, untilSucceeded } from './progress.ts';
import type { Shop } from './shop.ts';

/** What so many orders at once came to. */
export interface Burst {
  readonly count: number;
  /** From before the first was sent until all had Succeeded. */
  readonly seconds: number;
  /** From before each was sent until ESPRIT itself was started for it, in ms, ascending. */
  readonly waitsMs: readonly number[];
  /** Of all processes of the stack and of ESPRIT, per command; undefined where the system does not tell. */
  readonly perCommand: Usage | undefined;
  /** Of the functions host, afterwards, in MB. */
  readonly hostMB: number | undefined;
}

const GIVE_UP_MS_PER_COMMAND = 1000;

/** Orders and waits. `before`: how many of the shop's commands have Succeeded already. */
export async function burst(
  shop: Shop,
  order: (shop: Shop) => Promise<Sent>,
  before: number,
): Promise<Burst> {
  const { stack } = shop;
  const usedBefore = await usageOf(stack.pid);
  const startedAtMs = Date.now();
  const sent = await order(shop);
  const endMs = await untilSucceeded(stack, before + sent.size, 60_000 + sent.size * GIVE_UP_MS_PER_COMMAND);
  const usedAfter = await usageOf(stack.pid);
  const starts = await espritStarts(stack);
  const waitsMs = [...sent].map(([commandId, atMs]) => (starts.get(commandId) ?? NaN) - atMs);
  if (waitsMs.some(Number.isNaN)) throw new Error('a command Succeeded for which ESPRIT was never started');
  const host = (await stack.pids())['functions-host'];
  return {
    count: sent.size,
    seconds: (endMs - startedAtMs) / 1000,
    waitsMs: waitsMs.toSorted((a, b) => a - b),
    perCommand: usedBefore &&
      usedAfter && {
        processorMs: (usedAfter.processorMs - usedBefore.processorMs) / sent.size,
        writtenBytes: (usedAfter.writtenBytes - usedBefore.writtenBytes) / sent.size,
      },
    hostMB: host === undefined ? undefined : await memoryOf([host]),
  };
}

/** The value that `share` of the values do not exceed. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? NaN;
}
