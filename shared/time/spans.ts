/** A stretch of time, ISO 8601 UTC. */
export interface Span {
  readonly from: string;
  /** When it ended or will end by itself; null: nobody knows, it goes on. */
  readonly until: string | null;
}

/** How long, in milliseconds, at least one of the spans lasted between two instants: what two cover counts once. */
export function coveredMs(spans: readonly Span[], from: Date, to: Date): number {
  let coveredMs = 0;
  let countedTo = from.getTime();
  for (const span of spans.toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from))) {
    const start = Math.max(Date.parse(span.from), countedTo);
    const end = Math.min(span.until === null ? Infinity : Date.parse(span.until), to.getTime());
    if (end <= start) continue;
    coveredMs += end - start;
    countedTo = end;
  }
  return coveredMs;
}
