import { randomUUID } from 'node:crypto';
import type { NotificationRig } from './rig.ts';

const ROUTING_ID = '7d0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b22';

/** The routing that the commands are of. */
export async function haveRouting(rig: NotificationRig): Promise<void> {
  const created = { createdAt: rig.now(), createdBy: 'kim' };
  const changed = { ...created, changedAt: rig.now(), changedBy: 'kim', version: 1 };
  const revision = { itemCode: 'P-100', revisionCode: 'B' };
  await rig.database.transaction(async (trx) => {
    await trx
      .insertInto('Item')
      .values({ itemId: randomUUID(), itemCode: 'P-100', name: 'Plate', ...changed })
      .execute();
    await trx
      .insertInto('ItemRevision')
      .values({ itemRevisionId: randomUUID(), ...revision, ...created })
      .execute();
    await trx
      .insertInto('Routing')
      .values({
        routingId: ROUTING_ID,
        ...revision,
        routingCode: 'R-1',
        name: 'Milling',
        machine: 'DMU 50',
        owner: 'kim',
        status: 'Draft',
        workingCamRev: 1,
        isMain: 1,
        ...changed,
      })
      .execute();
  });
}

export async function haveCommand(
  rig: NotificationRig,
  id: string,
  status: string,
  given: { readonly commandType?: string; readonly postProcessor?: string } = {},
) {
  const { commandType = 'GenerateNcProgram', postProcessor } = given;
  await rig.database.transaction((trx) =>
    trx
      .insertInto('CamCommand')
      .values({
        commandId: id,
        run: 1,
        routingId: ROUTING_ID,
        itemCode: 'P-100',
        revisionCode: 'B',
        camRev: 1,
        application: 'esprit',
        commandType,
        parameters: JSON.stringify({ postProcessor }),
        priority: 5,
        status,
        attempt: 1,
        maxAttempts: 4,
        requestedAt: rig.now(),
        requestedBy: 'kim',
        requestedByKind: 'user',
        version: 1,
        automaticRuns: 0,
      })
      .execute(),
  );
}

/** An attempt of the command that waits for a workstation; without a lane, as version 0.1 put it in. */
export async function haveWork(rig: NotificationRig, id: string, laneId = 0) {
  const attempt = { attemptId: randomUUID(), commandId: id, run: 1, attempt: 1, fence: 10_001 };
  await rig.database.transaction(async (trx) => {
    await trx
      .insertInto('CamCommandAttempt')
      .values({ ...attempt, status: 'Queued', queuedAt: rig.now() })
      .execute();
    await trx
      .insertInto('CamWorkItem')
      .values({
        workItemId: randomUUID(),
        ...attempt,
        application: 'esprit',
        priority: 5,
        notBefore: rig.now(),
        enqueuedAt: rig.now(),
        state: 'Waiting',
        cancelRequested: 0,
        laneId,
      })
      .execute();
  });
}

export async function haveLane(
  rig: NotificationRig,
  laneId: number,
  { commandType = 'GenerateNcProgram', postProcessor = '' }: { commandType?: string; postProcessor?: string },
) {
  await rig.database.transaction((trx) =>
    trx
      .insertInto('CamWorkLane')
      .values({
        laneId,
        application: 'esprit',
        commandType,
        postProcessor,
        machine: 'DMU 50',
        createdAt: rig.now(),
        usedAt: rig.now(),
      })
      .execute(),
  );
}

export async function haveWorkstation(
  rig: NotificationRig,
  {
    applications = ['esprit'],
    ...given
  }: { readonly name: string; readonly certificateExpiresAt?: string; readonly applications?: string[] },
) {
  await rig.database.transaction((trx) =>
    trx
      .insertInto('Workstation')
      .values({
        workstationId: randomUUID(),
        subject: given.name,
        bootId: randomUUID(),
        agentVersion: '0.2.0',
        applications: JSON.stringify(applications),
        seats: 4,
        announcedAt: rig.now(),
        lastSeenAt: rig.now(),
        ...given,
      })
      .execute(),
  );
}

export async function havePause(
  rig: NotificationRig,
  what: { readonly application?: string; readonly commandType?: string; readonly workstation?: string },
): Promise<string> {
  const pauseId = randomUUID();
  await rig.database.transaction((trx) =>
    trx
      .insertInto('CamPause')
      .values({ pauseId, reason: 'service', createdAt: rig.now(), createdBy: 'operator', ...what })
      .execute(),
  );
  return pauseId;
}
