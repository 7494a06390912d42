import type { Span } from '../../time/spans.ts';

/** A pause as it was or is in force. */
export interface PauseSpan extends Span {
  readonly application: string | null;
  readonly commandType: string | null;
  readonly workstation: string | null;
}

/** When work of a kind was paused: it itself, or all the workstations that could take it at once. */
export function pausesOfWork(
  pauses: readonly PauseSpan[],
  work: {
    readonly application: string;
    readonly commandType: string;
    readonly workstations: readonly string[];
  },
): Span[] {
  const itself = pauses.filter(
    ({ application, commandType }) =>
      application === work.application && (commandType === null || commandType === work.commandType),
  );
  const [first, ...others] = work.workstations.map((name) =>
    pauses.filter(({ workstation }) => workstation === name),
  );
  return [...itself, ...others.reduce<readonly Span[]>(commonSpans, first ?? [])];
}

function commonSpans(some: readonly Span[], others: readonly Span[]): Span[] {
  return some.flatMap((one) =>
    others.flatMap((other) => {
      const from = one.from > other.from ? one.from : other.from;
      const until = earliest(one.until, other.until);
      return until === null || until > from ? [{ from, until }] : [];
    }),
  );
}

/** The earlier of two ends; null is never. */
export function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

export function isInForce({ until }: Span, now: Date): boolean {
  return until === null || Date.parse(until) > now.getTime();
}
