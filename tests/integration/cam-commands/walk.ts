import { randomUUID } from 'node:crypto';
import { CommandTypes, findCommand, startNextRun } from '../../../shared/cam-commands/index.ts';
import type { Job, ResultMessage } from '../../../shared/cam-commands/contracts.ts';
import { type OrchestrationRig, mustClaim } from '../../support/orchestration.ts';

/** Steps that the paths of a run are made of. */

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
export const CRASHED = { code: 'ESPRIT_CRASHED', message: 'ESPRIT ended with 3', retryable: true };

export const crash = (rig: OrchestrationRig, job: Job): Promise<ResultMessage> =>
  rig.report(job, { kind: 'failed', error: CRASHED });

export const succeed = (rig: OrchestrationRig, job: Job): Promise<ResultMessage> =>
  rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'O0001.nc', 'G0 X0')] });

/** An order whose first attempt has crashed. */
export async function crashedOnce(rig: OrchestrationRig): Promise<string> {
  const commandId = await rig.order();
  await crash(rig, await mustClaim(rig));
  return commandId;
}

export async function cancel(rig: OrchestrationRig, commandId: string): Promise<void> {
  await rig.http('POST', `commands/${commandId}/cancel`, { json: { reason: 'wrong fixture' } });
  await rig.harness.idle();
}

/** What an operator's "retry now" sends before the attempt it names. */
export async function retryNow(rig: OrchestrationRig, commandId: string, attempt: number): Promise<void> {
  await rig.harness.client.raiseEvent(`${commandId}.r1`, `retry-now.1.${attempt}`, {});
  await rig.harness.idle();
}

/** An operator has the command run once more, and its message gets to the orchestration. */
export async function runAgain(rig: OrchestrationRig, commandId: string): Promise<void> {
  await rig.database.transaction(async (trx) => {
    const before = await findCommand(trx, commandId);
    const at = rig.harness.clock.now().toISOString();
    const change = { by: 'operator', kind: 'user', at } as const;
    if (before)
      await startNextRun(trx, before, { change, commandTypes: CommandTypes.create(), automatic: false });
  });
  await deliverOutbox(rig);
}

/** Brings what stands in the outbox to the orchestrations. */
export async function deliverOutbox(rig: OrchestrationRig): Promise<void> {
  const sent = rig.sender.to('esprit-commands').length;
  rig.harness.clock.advance(5000);
  await rig.tick('outbox-relay');
  for (const { body } of rig.sender.to('esprit-commands').slice(sent))
    await rig.deliver('esprit-commands', body);
}

/** The watchdog has watched long enough, and no agent has been heard of for a whole lease. */
export async function loseAgent(rig: OrchestrationRig): Promise<void> {
  for (let round = 0; round < 7; round += 1) {
    rig.harness.clock.advance(5000);
    await rig.tick('attempt-watchdog');
  }
}

/** The orchestration sees everything that happens meanwhile in one turn, in the order it happened. */
export async function inOneTurn(
  rig: OrchestrationRig,
  commandId: string,
  happenings: readonly (() => Promise<unknown>)[],
): Promise<void> {
  await rig.harness.client.suspend(`${commandId}.r1`, 'test');
  for (const happen of happenings) await happen();
  await rig.harness.client.resume(`${commandId}.r1`, 'test');
  await rig.harness.idle();
}

/** The database is away for the first two calls of an activity, which then passes. */
export async function outageDuring(
  rig: OrchestrationRig,
  activity: string,
  walk: () => Promise<unknown>,
): Promise<void> {
  const recorder = rig.onCall;
  let tries = 0;
  rig.onCall = (name, input) => {
    recorder(name, input);
    if (name === activity) rig.database.away = tries++ < 2;
  };
  const walked = await walk().catch((error: unknown) => error);
  if (walked instanceof Error) throw walked;
  await rig.pass(500);
  await rig.pass(1000);
  rig.onCall = recorder;
}

export interface Pause {
  readonly commandType?: string;
  /** Counted from now. */
  readonly resumeAfterMs?: number;
}

/** Pauses ESPRIT, or one of its command types; returns what ends the pause. */
export async function pause(rig: OrchestrationRig, given: Pause = {}): Promise<() => Promise<void>> {
  const pauseId = randomUUID();
  const now = rig.harness.clock.now();
  const { resumeAfterMs } = given;
  await rig.database.transaction((trx) =>
    trx
      .insertInto('CamPause')
      .values({
        pauseId,
        application: 'esprit',
        commandType: given.commandType ?? null,
        workstation: null,
        reason: 'licence server',
        createdAt: now.toISOString(),
        createdBy: 'operator',
        resumeAt: resumeAfterMs === undefined ? null : new Date(now.getTime() + resumeAfterMs).toISOString(),
        endedAt: null,
        endedBy: null,
      })
      .execute(),
  );
  return async () => {
    const endedAt = rig.harness.clock.now().toISOString();
    await rig.database.transaction((trx) =>
      trx
        .updateTable('CamPause')
        .set({ endedAt, endedBy: 'operator' })
        .where('pauseId', '=', pauseId)
        .execute(),
    );
  };
}
