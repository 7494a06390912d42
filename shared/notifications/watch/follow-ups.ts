import type { IncidentRow } from '../incident-rows.ts';

/** An incident that goes on is told of again at most this often: within the 15 min of. */
export const FOLLOW_UP_MS = 10 * 60_000;

/** What the operators have been sent of an incident, or are to be sent. */
export interface Telling {
  /** When the newest of it was written. */
  readonly newest: string;
  /** Something has not been taken yet, and is still tried. */
  readonly underWay: boolean;
}

/**
 * True when there is more of an open incident than the operators have been told of, and that was long enough ago. One whose first
 * message was given up is told of anew: nobody knows of it.
 */
export function wantsFollowUp(
  row: Pick<IncidentRow, 'state' | 'occurrences' | 'toldOccurrences' | 'toldAt' | 'openedAt'>,
  telling: Telling | undefined,
  now: Date,
): boolean {
  if (row.state === 'Solved' || row.occurrences <= row.toldOccurrences || telling?.underWay) return false;
  const lastMs = Math.max(Date.parse(row.toldAt ?? row.openedAt), telling ? Date.parse(telling.newest) : 0);
  return now.getTime() - lastMs >= FOLLOW_UP_MS;
}

/** True when a severe incident has stayed unacknowledged for `afterMs` and has not gone further yet. */
export function wantsEscalation(
  row: Pick<IncidentRow, 'state' | 'severity' | 'openedAt' | 'escalatedAt'>,
  afterMs: number,
  now: Date,
): boolean {
  if (row.state !== 'Open' || row.severity !== 'high' || row.escalatedAt !== null) return false;
  return now.getTime() - Date.parse(row.openedAt) >= afterMs;
}
