import type { Principal } from '../auth/index.ts';
import type { Database, Queries } from '../data/index.ts';
import { type Change, changeBy, recordHistory } from '../history/index.ts';
import { recordAction } from '../operator-actions/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { allowedActions } from './allowed-actions.ts';
import { requireCommand, traceIdOf } from './attempts.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import { CamCommandError } from './errors.ts';
import { instanceIdOf } from './instance-id.ts';
import { startNextRun } from './next-run.ts';
import { commandLabel, commandSubject } from './order.ts';

export interface RetryDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
}

export interface Retried {
  /** `next-run`: it had ended. `now`: it waited for its next attempt, which comes at once. */
  readonly kind: 'next-run' | 'now';
  readonly run: number;
  /** To be published after the commit. */
  readonly outboxIds: readonly string[];
}

/**
 * An operator's retry: the next run of a command that ended Failed or Cancelled, or the next attempt, now, of one that waits for it.
 * @throws {CamCommandError} `command-not-found`; `command-not-retryable` in any other state, with `commandStatus` and
 * `allowedActions`.
 */
export async function retryCommand(
  { database, clock, commandTypes }: RetryDeps,
  given: { readonly commandId: string; readonly reason: string; readonly principal: Principal },
): Promise<Retried> {
  const { commandId, reason, principal } = given;
  const at = clock.now();
  return database.transaction(async (trx) => {
    const before = await requireCommand(trx, commandId);
    const change = changeBy(principal, { at, comment: reason, traceId: traceIdOf(before) });
    const retried = await retryIn(trx, before, { change, commandTypes });
    if (retried) return retried;
    const command = await requireCommand(trx, commandId);
    throw new CamCommandError('command-not-retryable', {
      extensions: {
        commandStatus: command.status,
        allowedActions: allowedActions(command, principal),
      },
    });
  });
}

/** As `retryCommand`, in a transaction of the caller's; undefined, with nothing changed, when the state does not fit. */
export async function retryIn(
  trx: Queries,
  before: CommandRow,
  how: { readonly change: Change; readonly commandTypes: CommandTypes },
): Promise<Retried | undefined> {
  if (before.status === 'Retrying') return retryNow(trx, before, how.change);
  const started = await startNextRun(trx, before, { ...how, automatic: false });
  return started && { kind: 'next-run', ...started };
}

/** Ends the backoff. Asked again before the attempt has come, it adds nothing. */
async function retryNow(trx: Queries, before: CommandRow, change: Change): Promise<Retried | undefined> {
  const { commandId, run, attempt } = before;
  const { numUpdatedRows } = await trx
    .updateTable('CamCommand')
    .set((eb) => ({ nextAttemptAt: change.at, version: eb('version', '+', 1) }))
    .where('commandId', '=', commandId)
    .where('run', '=', run)
    .where('attempt', '=', attempt)
    .where('status', '=', 'Retrying')
    .where((eb) => eb.or([eb('nextAttemptAt', 'is', null), eb('nextAttemptAt', '>', change.at)]))
    .executeTakeFirst();
  const command = await requireCommand(trx, commandId);
  if (numUpdatedRows === 0n) {
    const coming = command.status === 'Retrying' && command.run === run;
    return coming ? { kind: 'now', run, outboxIds: [] } : undefined;
  }
  await noteRetryNow(trx, before, change);
  const event = {
    kind: 'event',
    instanceId: instanceIdOf(before),
    eventName: `retry-now.${run}.${attempt + 1}`,
    body: { reason: change.comment ?? '' },
  } as const;
  const now = new Date(change.at);
  return {
    kind: 'now',
    run,
    outboxIds: await addToOutbox(trx, [event], { now, traceparent: currentTraceparent() }),
  };
}

async function noteRetryNow(trx: Queries, before: CommandRow, change: Change): Promise<void> {
  const until = before.nextAttemptAt;
  await recordHistory(trx, change, [
    {
      ...commandSubject(before),
      changeType: 'CommandRetryRequested',
      field: 'command',
      previousValue: before.status,
      currentValue: `${commandLabel(before)} attempt ${before.attempt + 1} now`,
    },
  ]);
  await recordAction(trx, change, {
    action: 'CommandRetriedNow',
    subject: commandLabel(before),
    commandId: before.commandId,
    run: before.run,
    previousValue: until === null ? 'Retrying' : `Retrying at ${until}`,
    currentValue: `attempt ${before.attempt + 1} now`,
  });
}
