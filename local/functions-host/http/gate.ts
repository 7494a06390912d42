/** Lets so many requests run at once; the next ones wait their turn. */
export interface Gate {
  /** A promise of one's turn, to be followed by `leave`; undefined when too many are waiting already. */
  enter(): Promise<void> | undefined;
  leave(): void;
}

/**
 * host.json `http.maxConcurrentRequests` and `maxOutstandingRequests` (running and waiting together); -1 is no limit.
 * Azure answers 429 to a request beyond the latter.
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
