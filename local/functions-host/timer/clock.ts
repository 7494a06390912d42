import { setTimeout as delay } from 'node:timers/promises';

/** Time as the timer triggers see it. */
export interface Clock {
  now(): Date;
  /** Resolves at `when`, or rejects with an AbortError. A time in the past resolves at once. */
  until(when: Date, signal: AbortSignal): Promise<void>;
}

/** Longest wait of a Node timer; longer ones would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  async until(when, signal) {
    for (let leftMs = when.getTime() - Date.now(); leftMs > 0; leftMs = when.getTime() - Date.now()) {
      await delay(Math.min(leftMs, MAX_DELAY_MS), undefined, { signal });
    }
  },
};
