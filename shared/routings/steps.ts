import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import { rowBatches } from './row-batches.ts';
import type { StepDiff } from './step-diff.ts';

export interface CamRevisionKey {
  readonly routingId: string;
  readonly camRev: number;
}

export interface NewStep {
  readonly sequence: number;
  readonly machine: string;
  readonly processDescription: string;
  readonly toolInformation?: string | null | undefined;
  readonly notes?: string | null | undefined;
}

export async function insertSteps(
  trx: Queries,
  { routingId, camRev }: CamRevisionKey,
  steps: readonly NewStep[],
): Promise<void> {
  const rows = steps.map((step) => ({
    routingStepId: randomUUID(),
    routingId,
    camRev,
    sequence: step.sequence,
    machine: step.machine,
    processDescription: step.processDescription,
    toolInformation: step.toolInformation ?? null,
    notes: step.notes ?? null,
  }));
  for (const batch of rowBatches(rows)) await trx.insertInto('RoutingStep').values(batch).execute();
}

/** Makes the steps of a CAM revision what the diff leads to. */
export async function applyStepDiff(
  trx: Queries,
  { routingId, camRev }: CamRevisionKey,
  { added, changed, removed }: StepDiff,
): Promise<void> {
  if (removed.length > 0) {
    await trx
      .deleteFrom('RoutingStep')
      .where('routingId', '=', routingId)
      .where('camRev', '=', camRev)
      .where('sequence', 'in', removed)
      .execute();
  }
  for (const { sequence, ...content } of changed) {
    await trx
      .updateTable('RoutingStep')
      .set(content)
      .where('routingId', '=', routingId)
      .where('camRev', '=', camRev)
      .where('sequence', '=', sequence)
      .execute();
  }
  await insertSteps(trx, { routingId, camRev }, added);
}
