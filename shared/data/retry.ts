import { setTimeout as delay } from 'node:timers/promises';
import { asDatabaseError, isTransient } from './errors.ts';

/** Backoff of whole transactions: 10 ms doubling to 400 ms, full jitter, 9 tries, about two seconds in all. */
export const TRANSACTION_RETRY = { firstDelayMs: 10, factor: 2, maxDelayMs: 400, attempts: 9 } as const;

/** Upper bound of the wait before attempt `attempt` (2, 3, …), in milliseconds. */
export function backoffCeilingMs(
  attempt: number,
  policy: typeof TRANSACTION_RETRY = TRANSACTION_RETRY,
): number {
  return Math.min(policy.firstDelayMs * policy.factor ** (attempt - 2), policy.maxDelayMs);
}

/** Runs `work` again while it fails transiently, within the policy; then throws `DatabaseUnavailableError`. */
export async function retryTransaction<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || attempt >= TRANSACTION_RETRY.attempts) throw asDatabaseError(error);
      await delay((0.5 + Math.random() / 2) * backoffCeilingMs(attempt + 1));
    }
  }
}
