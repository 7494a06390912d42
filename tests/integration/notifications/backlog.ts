import type { Insertable } from 'kysely';
import type { IncidentTable } from '../../../shared/data/index.ts';
import { newIncident } from '../../../shared/notifications/incident-rows.ts';
import { type NotificationRig, commandId } from './rig.ts';
import { haveCommand } from './world.ts';

/** Rows a statement: SQL Server takes 2,100 parameters. */
const BATCH = 50;

/** The id of the `index`th incident of a backlog. */
export function backlogId(index: number): string {
  return `6f0c2a9e-52f5-4a3e-8a2b-${String(index).padStart(12, '0')}`;
}

/** Open incidents of failures that nobody mends, each of another run, told of just now. */
export async function haveBacklog(
  rig: NotificationRig,
  count: number,
  given: (index: number) => Partial<Insertable<IncidentTable>> = () => ({}),
): Promise<void> {
  await haveCommand(rig, commandId(1), 'Failed');
  const incidents = Array.from({ length: count }, (_, index) => {
    const cause = `failure:${String(index).padStart(16, '0')}`;
    return {
      ...newIncident({ ...FAILURE, cause }, rig.now()),
      incidentId: backlogId(index),
      toldAt: rig.now(),
      toldOccurrences: 1,
      ...given(index),
    };
  });
  await rig.database.transaction(async (trx) => {
    for (let first = 0; first < count; first += BATCH) {
      const rows = incidents.slice(first, first + BATCH);
      const runs = rows.map(({ incidentId }, index) => ({
        incidentId,
        commandId: commandId(1),
        run: first + index + 1,
        failedAt: rig.now(),
      }));
      await trx.insertInto('Incident').values(rows).execute();
      await trx.insertInto('IncidentCommand').values(runs).execute();
    }
  });
}

const FAILURE = {
  kind: 'command-failure',
  severity: 'medium',
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  errorCode: 'ESPRIT_CRASHED',
  errorMessage: 'ended with 3',
} as const;
