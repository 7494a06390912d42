/** The only source of "now" for code that a test must be able to move. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
