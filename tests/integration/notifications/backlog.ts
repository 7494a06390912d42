import type { Insertable } from 'kysely';
import type { IncidentTable } from '../../../shared/data/index.ts';
import { type NotificationRig, commandId } from './rig.ts';
import { haveCommand } from './world.ts';

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
  await rig.database.transaction(async (trx) => {
    for (let index = 0; index < count; index += 1) {
      const incidentId = backlogId(index);
      const cause = `failure:${String(index).padStart(16, '0')}`;
      await trx
        .insertInto('Incident')
        .values({ ...FAILURE, incidentId, openKey: cause, cause, ...toldNow(rig), ...given(index) })
        .execute();
      await trx
        .insertInto('IncidentCommand')
        .values({ incidentId, commandId: commandId(1), run: index + 1, failedAt: rig.now() })
        .execute();
    }
  });
}

function toldNow({ now }: NotificationRig) {
  return { openedAt: now(), lastAt: now(), toldAt: now() };
}

/** In the order in which the product writes it: one statement for both. */
const FAILURE = {
  incidentId: '',
  openKey: '',
  cause: '',
  kind: 'command-failure',
  state: 'Open',
  severity: 'medium',
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  workstation: null,
  queue: null,
  errorCode: 'ESPRIT_CRASHED',
  errorMessage: 'ended with 3',
  occurrences: 1,
  openedAt: '',
  lastAt: '',
  toldAt: '',
  toldOccurrences: 1,
  escalatedAt: null,
  owner: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  solvedAt: null,
  solvedBy: null,
  solution: null,
  highestNumber: null,
  version: 1,
};
