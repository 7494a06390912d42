/** Lets so many run at once; the next ones wait their turn. */
export interface Gate {
  /** A promise of one's turn, to be followed by `leave`; undefined when too many are there already. */
  enter(): Promise<void> | undefined;
  leave(): void;
}

/**
 * At most `maxConcurrent` run, and at most `maxOutstanding` run or wait; -1 is no limit (as in host.json's
 * `maxConcurrentRequests` and `maxOutstandingRequests`).
 */
export function createGate(maxConcurrent: number, maxOutstanding: number): Gate {
  const concurrent = maxConcurrent < 0 ? Infinity : maxConcurrent;
  const outstanding = maxOutstanding < 0 ? Infinity : maxOutstanding;
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    enter() {
      if (running + waiting.length >= outstanding) return undefined;
      if (running < concurrent) {
        running += 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    },
  };
}
