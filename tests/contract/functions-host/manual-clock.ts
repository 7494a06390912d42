import type { Clock } from '../../../local/functions-host/timer/clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves the time and lets every wait that is over by then end. */
  advanceTo(iso: string): void;
  /** Times something waits for, soonest first, as ISO strings. */
  waits(): string[];
}

export function manualClock(startIso: string): ManualClock {
  let now = new Date(startIso);
  const waiting = new Map<object, { when: Date; resolve: () => void }>();
  return {
    now: () => now,
    until(when, signal) {
      if (when <= now) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const key = {};
        waiting.set(key, { when, resolve });
        signal.addEventListener('abort', () => {
          waiting.delete(key);
          reject(new DOMException('stopped', 'AbortError'));
        });
      });
    },
    advanceTo(iso) {
      now = new Date(iso);
      for (const [key, { when, resolve }] of waiting) {
        if (when > now) continue;
        waiting.delete(key);
        resolve();
      }
    },
    waits: () => [...waiting.values()].map(({ when }) => when.toISOString()).toSorted(),
  };
}
