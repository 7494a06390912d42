import type { Queries } from '../data/index.ts';
import { type Change, type HistoryFact, recordHistory } from '../history/index.ts';
import { type RoutingRow, findRouting, readSteps } from './cam-revision-repository.ts';
import type { ChangeRoutingRequest, RoutingStep } from './contracts.ts';
import { routingNotFound, routingStale } from './errors.ts';
import { type StepDiff, diffSteps } from './step-diff.ts';
import { applyStepDiff } from './steps.ts';
import { toStep } from './views.ts';
import { openWorkingDraft, touchRouting } from './working-draft.ts';

export interface RoutingChange {
  readonly request: ChangeRoutingRequest;
  readonly change: Change;
  /** Undefined: whatever is there. */
  readonly expectedVersion: number | undefined;
}

/**
 * Changes a routing, with one history entry per changed field. Name, machine and steps belong to the CAM revision: they go into the
 * working Draft, or start the next one. The owner belongs to the routing itself. Changing nothing writes nothing.
 * @throws {RoutingError} `routing-not-found`, `precondition-failed`
 */
export async function changeRouting(
  trx: Queries,
  routingId: string,
  { request, change, expectedVersion }: RoutingChange,
): Promise<void> {
  const row = await findRouting(trx, routingId);
  if (!row) throw routingNotFound(routingId);
  if (expectedVersion !== undefined && row.version !== expectedVersion) throw routingStale(row.version);

  const content = fieldFacts(row, request, ['name', 'machine']);
  const owner = fieldFacts(row, request, ['owner']);
  const steps = await stepDiff(trx, row, request);
  const contentFacts = [...content, ...steps.facts];
  if (contentFacts.length + owner.length === 0) return;

  const camRev = await open(trx, row, { change, changesContent: contentFacts.length > 0 });
  const { name = row.name, machine = row.machine } = request;
  await trx
    .updateTable('Routing')
    .set({ name, machine, owner: request.owner ?? row.owner })
    .where('routingId', '=', routingId)
    .execute();
  if (content.length > 0) {
    await trx
      .updateTable('CamRevision')
      .set({ name, machine })
      .where('routingId', '=', routingId)
      .where('camRev', '=', camRev)
      .execute();
  }
  await applyStepDiff(trx, { routingId, camRev }, steps);
  const about = { itemCode: row.itemCode, revisionCode: row.revisionCode, routingId, camRev };
  await recordHistory(
    trx,
    change,
    [...owner, ...contentFacts].map((fact) => ({ ...about, ...fact })),
  );
}

/** The CAM revision that takes the change. The version that was read must still stand: another may have come in between. */
async function open(
  trx: Queries,
  { routingId, version }: RoutingRow,
  { change, changesContent }: { change: Change; changesContent: boolean },
): Promise<number> {
  return changesContent
    ? (await openWorkingDraft(trx, routingId, change, version)).camRev
    : (await touchRouting(trx, routingId, change, version)).workingCamRev;
}

type FieldFact = Omit<HistoryFact, 'itemCode'>;

function fieldFacts(
  row: RoutingRow,
  request: ChangeRoutingRequest,
  fields: readonly ('name' | 'machine' | 'owner')[],
): FieldFact[] {
  return fields.flatMap((field): FieldFact[] => {
    const currentValue = request[field];
    if (currentValue === undefined || currentValue === row[field]) return [];
    return [{ changeType: 'RoutingChanged', field, previousValue: row[field], currentValue }];
  });
}

async function stepDiff(trx: Queries, row: RoutingRow, { steps }: ChangeRoutingRequest): Promise<StepDiff> {
  const current = (await readSteps(trx, row.routingId, row.workingCamRev)).map(toStep);
  const next = steps?.map((step): RoutingStep => ({
    ...step,
    toolInformation: step.toolInformation ?? null,
    notes: step.notes ?? null,
  }));
  return diffSteps(current, next ?? current);
}
