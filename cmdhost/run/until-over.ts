/** How much longer what a stopped attempt waits for may take, in ms. */
export interface StopLimits {
  /** After so long it is killed once more. */
  readonly killAgainMs: number;
  /** So long after that nobody waits for it any more. */
  readonly giveUpMs: number;
}

/** A tool of Windows that ends a tree is given 10 s itself. */
export const STOP_LIMITS: StopLimits = { killAgainMs: 12_000, giveUpMs: 12_000 };

export interface UntilOverOptions {
  readonly signal: AbortSignal;
  readonly limits: StopLimits;
  readonly kill: () => void;
  /** Told of each limit that has passed. */
  readonly onLate: (consequence: 'killed-again' | 'given-up') => void;
}

/**
 * Waits for `work`, and kills it when the signal fires: twice, as a kill may fail, and what never ends must not hold a seat for ever.
 * @throws the signal's reason when it goes on for all that
 */
export async function untilOver<T>(work: Promise<T>, options: UntilOverOptions): Promise<T> {
  const { signal, limits, kill, onLate } = options;
  const givenUp = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    onLate('given-up');
    givenUp.reject(signal.reason);
  };
  const killAgain = (): void => {
    onLate('killed-again');
    timer = setTimeout(giveUp, limits.giveUpMs);
    kill();
  };
  const stop = (): void => {
    timer = setTimeout(killAgain, limits.killAgainMs);
    kill();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work, givenUp.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
