import { setTimeout as delay } from 'node:timers/promises';
import { metrics, trace } from '@opentelemetry/api';
import { currentOperationKey } from '../telemetry/spans.ts';
import { asDatabaseError, faultCode, isTransient } from './errors.ts';

/**
 * Backoff of whole transactions and of single reads: 10 ms doubling to 400 ms, full jitter, 9 tries, about two seconds in all. No
 * try begins after `budgetMs`: where each takes its time-out to fail, callers learn of it after the first.
 */
export const TRANSACTION_RETRY = {
  firstDelayMs: 10,
  factor: 2,
  maxDelayMs: 400,
  attempts: 9,
  budgetMs: 10_000,
} as const;

/** Upper bound of the wait before attempt `attempt` (2, 3, …), in milliseconds. */
export function backoffCeilingMs(
  attempt: number,
  policy: typeof TRANSACTION_RETRY = TRANSACTION_RETRY,
): number {
  return Math.min(policy.firstDelayMs * policy.factor ** (attempt - 2), policy.maxDelayMs);
}

/**
 * Runs `work` again while it fails transiently, within the policy; then throws `DatabaseUnavailableError`. `work` is a whole
 * transaction or a single read: repeating it must be safe. Each repetition is an event `db.retry` of the active span and counts in
 * `db.client.retries`.
 */
export async function retryTransient<T>(kind: 'transaction' | 'read', work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const spent = performance.now() - startedMs >= TRANSACTION_RETRY.budgetMs;
      if (!isTransient(error) || spent || attempt >= TRANSACTION_RETRY.attempts) throw asDatabaseError(error);
      noteRetry(kind, attempt, faultCode(error));
      await delay((0.5 + Math.random() / 2) * backoffCeilingMs(attempt + 1));
    }
  }
}

function noteRetry(kind: string, attempt: number, fault: string): void {
  trace.getActiveSpan()?.addEvent('db.retry', { kind, attempt, 'error.type': fault });
  const operation = currentOperationKey();
  metrics
    .getMeter('mcms')
    .createCounter('db.client.retries', {
      unit: '{retry}',
      description: 'Transactions and reads begun again after a transient fault of the database.',
    })
    .add(1, {
      kind,
      'error.type': fault,
      ...(operation === undefined ? {} : { 'operation.key': operation }),
    });
}
