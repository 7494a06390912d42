/** A pause as it was or is in force. */
export interface PauseSpan {
  readonly application: string | null;
  readonly commandType: string | null;
  readonly workstation: string | null;
  readonly from: string;
  /** When it ended or will end by itself; null: it goes on. */
  readonly until: string | null;
}

/** How much of the time from `since` to `now` was under one of the pauses, in milliseconds; what two cover counts once. */
export function pausedMs(pauses: readonly PauseSpan[], since: string, now: Date): number {
  const spans = pauses
    .map(({ from, until }) => ({
      fromMs: Math.max(Date.parse(from), Date.parse(since)),
      untilMs: Math.min(until === null ? now.getTime() : Date.parse(until), now.getTime()),
    }))
    .filter(({ fromMs, untilMs }) => untilMs > fromMs)
    .sort((a, b) => a.fromMs - b.fromMs);
  let total = 0;
  let reachedMs = 0;
  for (const { fromMs, untilMs } of spans) {
    total += Math.max(untilMs - Math.max(fromMs, reachedMs), 0);
    reachedMs = Math.max(reachedMs, untilMs);
  }
  return total;
}

export function isInForce({ until }: PauseSpan, now: Date): boolean {
  return until === null || Date.parse(until) > now.getTime();
}
