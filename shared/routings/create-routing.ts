import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import { type Change, recordHistory } from '../history/index.ts';
import { itemRevisionExists } from '../items/index.ts';
import type { CreateRoutingRequest } from './contracts.ts';
import { RoutingError } from './errors.ts';
import { insertSteps } from './steps.ts';

/**
 * Writes a routing with its first CAM revision, a Draft owned by who asked for it.
 * @throws {RoutingError} `item-revision-unknown`; the driver's unique violation when the code is taken.
 */
export async function insertRouting(
  trx: Queries,
  routingId: string,
  { request, change }: { request: CreateRoutingRequest; change: Change },
): Promise<void> {
  const { itemCode, revisionCode, routingCode, name, machine } = request;
  if (!(await itemRevisionExists(trx, request))) {
    const message = `there is no revision ${revisionCode} of item ${itemCode}`;
    throw new RoutingError('item-revision-unknown', `The routing needs an item revision: ${message}.`, {
      errors: [{ path: 'revisionCode', message }],
    });
  }
  const created = { createdAt: change.at, createdBy: change.by };
  await trx
    .insertInto('Routing')
    .values({
      ...created,
      routingId,
      itemCode,
      revisionCode,
      routingCode,
      name,
      machine,
      owner: change.by,
      status: 'Draft',
      workingCamRev: 1,
      releasedCamRev: null,
      isMain: 0,
      version: 1,
      changedAt: change.at,
      changedBy: change.by,
    })
    .execute();
  await insertCamRevision(trx, { routingId, camRev: 1, name, machine }, change);
  await insertSteps(trx, { routingId, camRev: 1 }, request.steps);
  await recordHistory(trx, change, [
    {
      itemCode,
      revisionCode,
      routingId,
      camRev: 1,
      changeType: 'RoutingCreated',
      currentValue: routingCode,
    },
  ]);
}

export interface NewCamRevision {
  readonly routingId: string;
  readonly camRev: number;
  readonly name: string;
  readonly machine: string;
}

/** Writes a CAM revision as a Draft. */
export async function insertCamRevision(
  trx: Queries,
  revision: NewCamRevision,
  change: Change,
): Promise<void> {
  await trx
    .insertInto('CamRevision')
    .values({
      ...revision,
      camRevisionId: randomUUID(),
      status: 'Draft',
      createdAt: change.at,
      createdBy: change.by,
      submittedAt: null,
      submittedBy: null,
      approvedAt: null,
      approvedBy: null,
      releasedAt: null,
      releasedBy: null,
    })
    .execute();
}
