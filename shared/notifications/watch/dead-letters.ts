import type { IncidentRow } from '../incident-rows.ts';
import type { Finding } from './findings.ts';

/** What lies in a queue's dead letters, or among the rejected messages. */
export interface QueueTrouble {
  readonly queue: string;
  /** Sequence numbers of the messages, as far as was looked. */
  readonly numbers: readonly number[];
  /** What came last while this process looked; undefined while nothing has come since its first look. */
  readonly arrived?: { readonly count: number; readonly at: string } | undefined;
  /** When the newest of them was sent, ISO 8601; null when that is not known. */
  readonly newest: string | null;
  /** Why the newest lies there. */
  readonly reason?: string | undefined;
}

/** Counts what lies in the dead letters of each queue, and the rejected messages. @throws {UnavailableError} */
export interface DeadLetterCount {
  countDeadLetters(): Promise<readonly QueueTrouble[]>;
}

export function deadLetterFindings(troubles: readonly QueueTrouble[], now: Date): Finding[] {
  return troubles
    .filter(({ numbers }) => numbers.length > 0)
    .map(({ queue, numbers, arrived, newest, reason }) => ({
      cause: `dead-letters:${queue}`,
      kind: 'dead-letters',
      severity: 'high',
      queue,
      occurrences: numbers.length,
      highestNumber: highest(numbers),
      numbers,
      arrived,
      errorMessage: reason ?? null,
      // A message may lie long in its queue before it is given up: what counts is when it was seen here.
      since: later(arrived?.at, newest) ?? now.toISOString(),
    }));
}

/**
 * How often it has happened by now: what has come since the incident was last noted counts on top, also when as much has been taken away. A number
 * above the highest noted is new whoever noted that; a lower one, of a message given up later than younger ones, is known as
 * new by the process that looked before it came.
 */
export function occurrencesNow(
  row: Pick<IncidentRow, 'occurrences' | 'highestNumber' | 'lastAt'>,
  { occurrences = 1, numbers = [], arrived }: Pick<Finding, 'occurrences' | 'numbers' | 'arrived'>,
): number {
  const { highestNumber } = row;
  const higher = highestNumber === null ? 0 : numbers.filter((number) => number > highestNumber).length;
  const seen = arrived && arrived.at > row.lastAt ? arrived.count : 0;
  return Math.max(row.occurrences + Math.max(higher, seen), occurrences);
}

function highest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

function later(a: string | null | undefined, b: string | null): string | undefined {
  return [a, b]
    .flatMap((time) => time ?? [])
    .toSorted()
    .at(-1);
}
