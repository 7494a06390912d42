import { z } from 'zod';
import type { Switchboard } from '../../control/switchboard.ts';

const queue = z.string().min(1);
const count = z.int().min(1).max(1_000_000);

/** What can be asked of the broker. Counts add up; each use takes one off. */
const change = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('drop-connections'), client: z.string().optional() }),
  z.strictObject({ fault: z.enum(['lose-lock', 'duplicate', 'reorder', 'refuse-sends']), queue, count }),
  z.strictObject({ fault: z.literal('delay-deliveries'), queue, ms: z.int().min(0).max(600_000) }),
]);

/** A client's connection: the container id it chose, and its port. */
export interface ClientConnection {
  readonly client: string;
  readonly port: number | undefined;
}

/** The connections that are open; `drop` cuts those whose client contains the text, or all, and tells how many. */
export interface Connections {
  list(): ClientConnection[];
  drop(client?: string): number;
}

/** What stands against one queue, or dead-letter queue. */
export interface QueueFaults {
  /** The lock of so many next deliveries ends at once: the message is delivered again while the first receiver works on it. */
  loseLock: number;
  /** So many next deliveries are followed by another message of the same id and content, as if sent twice. */
  duplicate: number;
  /** So many next deliveries take the newest message that waits instead of the oldest. */
  reorder: number;
  /** So many next transfers are refused as by a busy namespace; the SDK sends again by itself. */
  refuseSends: number;
  /** A delivery reaches its receiver so much later; its lock runs from the beginning. */
  delayMs: number;
}

/** The broker's fault switches. Without a change nothing is different. */
export class Faults implements Switchboard {
  readonly #queues = new Map<string, QueueFaults>();
  #connections: Connections = { list: () => [], drop: () => 0 };

  attach(connections: Connections): void {
    this.#connections = connections;
  }

  of(address: string): QueueFaults {
    const key = address.toLowerCase();
    const faults = this.#queues.get(key) ?? {
      loseLock: 0,
      duplicate: 0,
      reorder: 0,
      refuseSends: 0,
      delayMs: 0,
    };
    this.#queues.set(key, faults);
    return faults;
  }

  view() {
    const standing = [...this.#queues].filter(([, faults]) =>
      Object.values(faults).some((value) => value > 0),
    );
    return { queues: Object.fromEntries(standing), connections: this.#connections.list() };
  }

  /** Throws ZodError for what is no change. */
  change(wanted: unknown): unknown {
    const asked = change.parse(wanted);
    if (asked.fault === 'drop-connections') return { dropped: this.#connections.drop(asked.client) };
    const faults = this.of(asked.queue);
    if (asked.fault === 'delay-deliveries') faults.delayMs = asked.ms;
    else faults[COUNTER[asked.fault]] += asked.count;
    return this.view();
  }

  /** Objects handed out by `of` are kept by their queues, so they are emptied, not replaced. */
  reset(): void {
    for (const faults of this.#queues.values())
      Object.assign(faults, { loseLock: 0, duplicate: 0, reorder: 0, refuseSends: 0, delayMs: 0 });
  }
}

const COUNTER = {
  'lose-lock': 'loseLock',
  duplicate: 'duplicate',
  reorder: 'reorder',
  'refuse-sends': 'refuseSends',
} as const;

/** True, and one less, while the counter stands. */
export function takeFault(
  faults: QueueFaults,
  counter: 'loseLock' | 'duplicate' | 'reorder' | 'refuseSends',
): boolean {
  if (faults[counter] === 0) return false;
  faults[counter]--;
  return true;
}
