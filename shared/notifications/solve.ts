import type { Queries } from '../data/index.ts';
import type { Change } from '../history/index.ts';
import { recordAction } from '../operator-actions/index.ts';
import type { IncidentRow } from './incident-rows.ts';

/** Solves the incident as it was read and notes who did and why; false, with nothing changed, when it has changed since. */
export async function solveRow(trx: Queries, row: IncidentRow, change: Change): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('Incident')
    .set((eb) => ({
      state: 'Solved',
      // The cause is free for the next one.
      openKey: row.incidentId,
      solvedAt: change.at,
      solvedBy: change.by,
      solution: change.comment ?? null,
      version: eb('version', '+', 1),
    }))
    .where('incidentId', '=', row.incidentId)
    .where('version', '=', row.version)
    .where('state', '<>', 'Solved')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await recordAction(trx, change, {
    action: 'IncidentSolved',
    subject: incidentSubject(row),
    previousValue: row.state,
    currentValue: 'Solved',
  });
  return true;
}

/** What an incident is called in the journal of operators. */
export function incidentSubject({ incidentId, cause }: Pick<IncidentRow, 'incidentId' | 'cause'>): string {
  return `incident ${incidentId} ${cause}`;
}
