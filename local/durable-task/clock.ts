import type { Clock } from '../../shared/time/clock.ts';
import { systemClock } from '../../shared/time/clock.ts';

/** Node's longest timer; a longer delay would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/** "Now" and one-shot alarms, so that tests move time instead of waiting for it. */
export interface AlarmClock extends Clock {
  /**
   * Calls `callback` once, `delayMs` or later from now (a very long delay may ring early: look at `now()` again).
   * Returns the function that cancels it.
   */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemAlarmClock: AlarmClock = {
  now: () => systemClock.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestDelayMs));
    return () => clearTimeout(timer);
  },
};
