import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import { type Change, recordHistory } from '../history/index.ts';
import { type RoutingRow, findRouting, readFiles, readSteps } from './cam-revision-repository.ts';
import { insertCamRevision } from './create-routing.ts';
import { routingNotFound, routingStale } from './errors.ts';
import { rowBatches } from './row-batches.ts';
import { insertSteps } from './steps.ts';

export interface WorkingDraft {
  /** The routing as it stands now, inside the transaction. */
  readonly routing: RoutingRow;
  /** The Draft that takes the change. */
  readonly camRev: number;
  /** True when this call started it. */
  readonly started: boolean;
}

/**
 * Opens a routing for a change of its content, inside the transaction of that change: counts `version` up by one (call it once
 * per change, and only when something changes), and hands out the working CAM revision if it is a Draft. Otherwise the next one
 * is started as a deep copy: steps, and files under new ids of the same bytes. The row stays locked until the transaction ends.
 * @throws {RoutingError} `routing-not-found`; `precondition-failed` when `expectedVersion` is given and no longer current.
 */
export async function openWorkingDraft(
  trx: Queries,
  routingId: string,
  change: Change,
  expectedVersion?: number,
): Promise<WorkingDraft> {
  const routing = await touchRouting(trx, routingId, change, expectedVersion);
  if (routing.status === 'Draft') return { routing, camRev: routing.workingCamRev, started: false };

  const camRev = routing.workingCamRev + 1;
  await copyCamRevision(trx, routing, camRev, change);
  await trx
    .updateTable('Routing')
    .set({ workingCamRev: camRev, status: 'Draft' })
    .where('routingId', '=', routingId)
    .execute();
  await recordHistory(trx, change, [
    {
      itemCode: routing.itemCode,
      revisionCode: routing.revisionCode,
      routingId,
      camRev,
      changeType: 'CamRevisionStarted',
      field: 'camRev',
      previousValue: String(routing.workingCamRev),
      currentValue: String(camRev),
    },
  ]);
  return { routing: { ...routing, workingCamRev: camRev, status: 'Draft' }, camRev, started: true };
}

/**
 * Counts the version up and notes who changed the routing. Updating before reading takes the row's lock first, so two changes of
 * one routing follow each other on either engine.
 * @throws {RoutingError} as `openWorkingDraft`.
 */
export async function touchRouting(
  trx: Queries,
  routingId: string,
  change: Change,
  expectedVersion?: number,
): Promise<RoutingRow> {
  const result = await trx
    .updateTable('Routing')
    .set((eb) => ({ version: eb('version', '+', 1), changedAt: change.at, changedBy: change.by }))
    .where('routingId', '=', routingId)
    .$if(expectedVersion !== undefined, (query) => query.where('version', '=', expectedVersion ?? 0))
    .executeTakeFirst();
  const routing = await findRouting(trx, routingId);
  if (!routing) throw routingNotFound(routingId);
  if (Number(result.numUpdatedRows) !== 1) throw routingStale(routing.version);
  return routing;
}

async function copyCamRevision(
  trx: Queries,
  routing: RoutingRow,
  camRev: number,
  change: Change,
): Promise<void> {
  const { routingId, name, machine, workingCamRev } = routing;
  await insertCamRevision(trx, { routingId, camRev, name, machine }, change);
  await insertSteps(trx, { routingId, camRev }, await readSteps(trx, routingId, workingCamRev));
  const files = await readFiles(trx, routingId, workingCamRev);
  for (const batch of rowBatches(
    files.map(({ seq: _seq, ...file }) => ({ ...file, fileId: randomUUID(), camRev })),
  )) {
    await trx.insertInto('RoutingFile').values(batch).execute();
  }
}
