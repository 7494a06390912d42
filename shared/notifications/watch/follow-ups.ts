import type { IncidentRow } from '../incident-rows.ts';

/** An incident that goes on is told of again at most this often: within the 15 min of. */
export const FOLLOW_UP_MS = 10 * 60_000;

/** True when an open incident has collected more since it was told of, and that was long enough ago. */
export function wantsFollowUp(
  row: Pick<IncidentRow, 'state' | 'occurrences' | 'toldOccurrences' | 'toldAt'>,
  now: Date,
): boolean {
  if (row.state === 'Solved' || row.toldAt === null || row.occurrences <= row.toldOccurrences) return false;
  return now.getTime() - Date.parse(row.toldAt) >= FOLLOW_UP_MS;
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
