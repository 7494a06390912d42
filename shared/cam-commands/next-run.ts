import type { Queries } from '../data/index.ts';
import { type Change, recordHistory } from '../history/index.ts';
import { recordAction } from '../operator-actions/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import { requireCommand } from './attempts.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import { commandLabel, commandSubject, outboxMessageOf } from './order.ts';

/** States from which a command may be run again. */
const RUN_AGAIN = ['Failed', 'Cancelled'] as const;

export interface NextRun {
  readonly change: Change;
  readonly commandTypes: CommandTypes;
  /** MCMS itself starts it, by the type's policy. */
  readonly automatic: boolean;
  /** Of its entry in the operators' journal; a new one when left out. */
  readonly actionId?: string | undefined;
}

export interface StartedRun {
  readonly run: number;
  /** To be published after the commit. */
  readonly outboxIds: readonly string[];
}

/**
 * Starts the next run of a command that ended Failed or Cancelled: the same command, its attempts counted anew, on its way to the
 * queue again. Undefined, with nothing changed, when it has not ended so, or somebody else was faster.
 */
export async function startNextRun(
  trx: Queries,
  before: CommandRow,
  { change, commandTypes, automatic, actionId }: NextRun,
): Promise<StartedRun | undefined> {
  const type = commandTypes.find(before.application, before.commandType);
  const { numUpdatedRows } = await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: 'Queued',
      run: before.run + 1,
      attempt: 0,
      maxAttempts: type?.retry.maxAttempts ?? before.maxAttempts,
      notBefore: null,
      startedAt: null,
      completedAt: null,
      workstation: null,
      errorCode: null,
      errorMessage: null,
      errorSignature: null,
      waitReason: null,
      nextAttemptAt: null,
      reprocessAt: null,
      cancelRequestedAt: null,
      cancelRequestedBy: null,
      cancelReason: null,
      automaticRuns: automatic ? eb('automaticRuns', '+', 1) : eb.ref('automaticRuns'),
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', before.commandId)
    .where('run', '=', before.run)
    .where('status', 'in', RUN_AGAIN)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return undefined;
  const command = await requireCommand(trx, before.commandId);
  const ended = before.errorCode === null ? before.status : `${before.status}: ${before.errorCode}`;
  await recordHistory(trx, change, [
    {
      ...commandSubject(command),
      changeType: 'CommandRetryRequested',
      field: 'command',
      previousValue: ended,
      currentValue: `${commandLabel(command)} run ${command.run}`,
    },
  ]);
  await recordAction(trx, change, {
    actionId,
    action: automatic ? 'CommandReprocessed' : 'CommandRetried',
    subject: commandLabel(command),
    commandId: command.commandId,
    run: command.run,
    previousValue: ended,
    currentValue: 'Queued',
  });
  const outboxIds = await addToOutbox(trx, [outboxMessageOf(command)], {
    now: new Date(change.at),
    traceparent: currentTraceparent() ?? command.traceparent ?? undefined,
  });
  return { run: command.run, outboxIds };
}
