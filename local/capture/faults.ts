import { z } from 'zod';
import { type CaptureChannel, captureChannels } from './messages.ts';

/** Faults of the next requests of a channel, or of all; counts that are left out are 0. */
export const faultOrder = z.strictObject({
  channel: z.enum(captureChannels).optional(),
  /** So many are answered by `status`. */
  refuse: z.int().min(0).max(1_000_000).default(0),
  status: z.int().min(400).max(599).default(503),
  /** Seconds of the answer's `Retry-After`. */
  retryAfter: z.int().min(0).max(86_400).optional(),
  /** So many find the connection broken off before anything is taken. */
  drop: z.int().min(0).max(1_000_000).default(0),
  /** So many are taken, and the connection breaks before the answer. */
  dropAnswer: z.int().min(0).max(1_000_000).default(0),
  /** Every answer comes this much later, until the next order. */
  delayMs: z.int().min(0).max(600_000).default(0),
});
export type FaultOrder = z.infer<typeof faultOrder>;

export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfter: number | undefined }
  | { readonly kind: 'drop' }
  | { readonly kind: 'dropAnswer' };

/** What goes wrong next, per channel. A new order takes the place of the one before. */
export class FaultSwitches {
  readonly #orders = new Map<CaptureChannel, FaultOrder>();

  set(order: FaultOrder): void {
    for (const channel of order.channel ? [order.channel] : captureChannels)
      this.#orders.set(channel, { ...order, channel });
  }

  delayMs(channel: CaptureChannel): number {
    return this.#orders.get(channel)?.delayMs ?? 0;
  }

  /** The fault of this request; counts it. */
  next(channel: CaptureChannel): Fault {
    const order = this.#orders.get(channel);
    if (!order) return { kind: 'none' };
    const kind = (['refuse', 'drop', 'dropAnswer'] as const).find((name) => order[name] > 0);
    if (!kind) return { kind: 'none' };
    this.#orders.set(channel, { ...order, [kind]: order[kind] - 1 });
    return kind === 'refuse' ? { kind, status: order.status, retryAfter: order.retryAfter } : { kind };
  }
}
