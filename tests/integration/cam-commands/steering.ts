import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { type OrchestrationRig, mustClaim } from '../../support/orchestration.ts';
import type { Caller } from '../../support/shop-api.ts';

/** A reason, as every call that steers wants one. */
export const WHY = { reason: 'fixture was wrong' } as const;

/** A failure of a run. */
export function crash(rig: OrchestrationRig, job: Job, message = 'x', retryable = true) {
  return rig.report(job, { kind: 'failed', error: { code: 'CRASHED', message, retryable } });
}

/** A command whose only attempt failed for good. */
export async function failedCommand(rig: OrchestrationRig, message = 'no such tool'): Promise<string> {
  const commandId = await rig.order();
  await crash(rig, await mustClaim(rig), message, false);
  return commandId;
}

/** A call that steers a command, and what follows of it. */
export async function steer(
  rig: OrchestrationRig,
  target: string,
  {
    as = 'operator',
    json = WHY,
    headers = {},
  }: { as?: Caller; json?: unknown; headers?: Record<string, string> } = {},
) {
  const reply = await rig.http('POST', target, { as, json, headers });
  await rig.harness.idle();
  return reply;
}

/** Who did what to a command, from the journal, oldest first. */
export async function journalOf({ database }: OrchestrationRig, commandId: string) {
  return database.read
    .selectFrom('OperatorAction')
    .selectAll()
    .where('commandId', '=', commandId)
    .orderBy('seq')
    .execute();
}
