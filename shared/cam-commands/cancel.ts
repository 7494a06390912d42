import type { Principal } from '../auth/index.ts';
import type { Database, Queries } from '../data/index.ts';
import { type Change, changeBy, recordHistory } from '../history/index.ts';
import { recordAction } from '../operator-actions/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { mayCancel } from './allowed-actions.ts';
import { FINAL_STATUSES, isFinal, requireCommand, traceIdOf } from './attempts.ts';
import type { CommandRow } from './command-view.ts';
import { CamCommandError } from './errors.ts';
import { instanceIdOf } from './instance-id.ts';
import { commandLabel, commandSubject } from './order.ts';

export interface CancelDeps {
  readonly database: Database;
  readonly clock: Clock;
}

/**
 * Asks for a command to be cancelled. The answer is `Cancelling` unless it ended before; who ran it is told by the outbox.
 * @throws {CamCommandError} `command-finished`, `not-your-command`, `command-not-found`.
 */
export async function cancelCommand(
  { database, clock }: CancelDeps,
  given: { readonly commandId: string; readonly reason: string; readonly principal: Principal },
): Promise<{ readonly outboxIds: readonly string[] }> {
  const { commandId, principal } = given;
  const at = clock.now();
  return database.transaction(async (trx) => {
    const before = await requireCommand(trx, commandId);
    if (!mayCancel(before, principal)) throw new CamCommandError('not-your-command');
    const change = changeBy(principal, { at, comment: given.reason, traceId: traceIdOf(before) });
    const asked = await requestCancel(trx, before, change);
    if (asked.kind === 'ended') {
      throw new CamCommandError('command-finished', { extensions: { commandStatus: asked.status } });
    }
    return { outboxIds: asked.outboxIds };
  });
}

export type CancelRequest =
  | {
      readonly kind: 'asked' | 'asked-before';
      /** To be published after the commit. */
      readonly outboxIds: readonly string[];
    }
  | { readonly kind: 'ended'; readonly status: string };

/** Notes the request and tells the orchestration, once a run; `change.comment` is the reason. */
export async function requestCancel(
  trx: Queries,
  before: CommandRow,
  change: Change,
): Promise<CancelRequest> {
  const { commandId } = before;
  const { numUpdatedRows } = await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: 'Cancelling',
      cancelRequestedAt: change.at,
      cancelRequestedBy: change.by,
      cancelReason: change.comment ?? null,
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', commandId)
    .where('cancelRequestedAt', 'is', null)
    .where('status', 'not in', FINAL_STATUSES)
    .executeTakeFirst();
  const command = await requireCommand(trx, commandId);
  if (numUpdatedRows === 0n) {
    return isFinal(command.status)
      ? { kind: 'ended', status: command.status }
      : { kind: 'asked-before', outboxIds: [] };
  }
  await noteRequest(trx, { before, command, change });
  const event = {
    kind: 'event',
    instanceId: instanceIdOf(command),
    eventName: `cancel.${command.run}`,
    body: { reason: change.comment ?? '' },
  } as const;
  const now = new Date(change.at);
  return {
    kind: 'asked',
    outboxIds: await addToOutbox(trx, [event], { now, traceparent: currentTraceparent() }),
  };
}

async function noteRequest(
  trx: Queries,
  { before, command, change }: { before: CommandRow; command: CommandRow; change: Change },
): Promise<void> {
  await recordHistory(trx, change, [
    {
      ...commandSubject(command),
      changeType: 'CommandCancelRequested',
      field: 'command',
      previousValue: before.status,
      currentValue: commandLabel(command),
    },
  ]);
  await recordAction(trx, change, {
    action: 'CommandCancelRequested',
    subject: commandLabel(command),
    commandId: command.commandId,
    run: command.run,
    previousValue: before.status,
    currentValue: 'Cancelling',
  });
}
