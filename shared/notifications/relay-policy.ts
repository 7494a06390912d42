import { createHash } from 'node:crypto';
import type { Repeatability } from './channels/channel.ts';

/** How sending is tried again. Times in milliseconds. */
export const RELAY_POLICY = {
  firstDelayMs: 5000,
  factor: 2,
  maxDelayMs: 5 * 60_000,
  /** By how much a delay may be shortened at random, 0 to 1. */
  jitter: 0.2,
  giveUpAfterMs: 24 * 3_600_000,
  /** How long a host keeps a row to itself: longer than any send may take, so that only a crash lets it run out. */
  leaseMs: 2 * 60_000,
} as const;

/** Communication Services looks for repetitions within five minutes of the first request, and refuses older ones. */
const REPEAT_WINDOW_MS = 4 * 60_000;

/** The wait after the `attempts`-th attempt failed. @param random 0 to 1 */
export function retryDelayMs(attempts: number, random: number): number {
  const { firstDelayMs, factor, maxDelayMs, jitter } = RELAY_POLICY;
  const delayMs = Math.min(firstDelayMs * factor ** Math.max(attempts - 1, 0), maxDelayMs);
  return Math.round(delayMs * (1 - jitter * random));
}

/** True when a row that failed again is not tried any more. */
export function givesUp(createdAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(createdAt) >= RELAY_POLICY.giveUpAfterMs;
}

/**
 * The ids of a request, made from the row alone: a host that takes over after a crash sends the same ones, and the service knows the
 * message. The windows count from the row's making; a repetition in a later window is a new request to the service.
 */
export function repeatabilityOf(
  row: { readonly notificationId: string; readonly createdAt: string },
  now: Date,
): Repeatability {
  const startMs = Date.parse(row.createdAt);
  const window = Math.max(Math.floor((now.getTime() - startMs) / REPEAT_WINDOW_MS), 0);
  const digest = createHash('sha256').update(`${row.notificationId}:${window}`).digest('hex');
  const requestId = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `4${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
  return { requestId, firstSent: new Date(startMs + window * REPEAT_WINDOW_MS) };
}
