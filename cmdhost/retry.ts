import { setTimeout as delay } from 'node:timers/promises';
import { ApiUnavailableError } from './errors.ts';

/** Exponential backoff with jitter. Delays in milliseconds. */
export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  /** Tries in all; without it there is no end but the signal. */
  readonly attempts?: number;
}

/** What keeps an agent alive through an outage of any length: quick at first, then every 5 s. */
export const UNTIL_IT_WORKS: RetryPolicy = { firstDelayMs: 200, factor: 2, maxDelayMs: 5_000 };

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly isTransient: (error: unknown) => boolean;
  /** Told before each wait; `attempt` counts from 1. */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/** Runs `work` until it resolves, fails for good, runs out of tries, or the signal fires (then its reason is thrown). */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!options.isTransient(error) || attempt >= (policy.attempts ?? Infinity)) throw error;
      options.onRetry?.(error, attempt);
      const asked = error instanceof ApiUnavailableError ? (error.retryAfterMs ?? 0) : 0;
      await pause(Math.max(asked, backoffMs(attempt, policy)), signal);
    }
  }
}

/** The wait after failure number `attempt` (from 1): between half and all of the doubled delay. */
export function backoffMs(attempt: number, policy: RetryPolicy, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.firstDelayMs * policy.factor ** (attempt - 1), policy.maxDelayMs);
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** Waits, or throws the signal's reason as soon as it fires. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Waits for `work`, but not longer than `limitMs`. @returns whether it was done */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const limit = delay(limitMs, false, { signal: ended.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    ended.abort();
  }
}
