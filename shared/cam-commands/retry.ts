import type { Principal } from '../auth/index.ts';
import type { Database, Queries } from '../data/index.ts';
import { type Change, changeBy, recordHistory } from '../history/index.ts';
import { findAction, recordAction } from '../operator-actions/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { allowedActions } from './allowed-actions.ts';
import { despiteTwin, requireCommand, traceIdOf } from './attempts.ts';
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

export interface RetryRequest {
  readonly commandId: string;
  readonly reason: string;
  readonly principal: Principal;
  /** Of its entry in the operators' journal, so that a repeated request finds what it did; a new one when left out. */
  readonly actionId?: string | undefined;
}

/**
 * An operator's retry: the next run of a command that ended Failed or Cancelled, or the next attempt, now, of one that waits for it.
 * A request whose `actionId` stands in the journal has had its effect, whatever became of the command since: it adds nothing.
 * @throws {CamCommandError} `command-not-found`; `command-not-retryable` in any other state, with `commandStatus` and
 * `allowedActions`; `retry-id-taken` when the entry under its id gives another reason.
 */
export async function retryCommand(
  { database, clock, commandTypes }: RetryDeps,
  given: RetryRequest,
): Promise<{ readonly outboxIds: readonly string[] }> {
  const { commandId, principal, actionId } = given;
  const at = clock.now();
  return despiteTwin(() =>
    database.transaction(async (trx) => {
      const before = await requireCommand(trx, commandId);
      if (await isDone(trx, given)) return { outboxIds: [] };
      const change = changeBy(principal, { at, comment: given.reason, traceId: traceIdOf(before) });
      const retried = await retryIn(trx, before, { change, commandTypes, actionId });
      if (retried) return retried;
      // Its twin may have been faster: then the state does not fit because this very request changed it.
      if (await isDone(trx, given)) return { outboxIds: [] };
      const command = await requireCommand(trx, commandId);
      throw new CamCommandError('command-not-retryable', {
        extensions: {
          commandStatus: command.status,
          allowedActions: allowedActions(command, principal),
        },
      });
    }),
  );
}

async function isDone(trx: Queries, { actionId, reason }: RetryRequest): Promise<boolean> {
  const known = actionId === undefined ? undefined : await findAction(trx, actionId);
  if (known && known.reason !== reason) throw new CamCommandError('retry-id-taken');
  return known !== undefined;
}

/** As `retryCommand`, in a transaction of the caller's; undefined, with nothing changed, when the state does not fit. */
export async function retryIn(
  trx: Queries,
  before: CommandRow,
  how: {
    readonly change: Change;
    readonly commandTypes: CommandTypes;
    readonly actionId?: string | undefined;
  },
): Promise<Retried | undefined> {
  if (before.status === 'Retrying') return retryNow(trx, before, how);
  const started = await startNextRun(trx, before, { ...how, automatic: false });
  return started && { kind: 'next-run', ...started };
}

/** Ends the backoff. Asked again before the attempt has come, it adds nothing. */
async function retryNow(
  trx: Queries,
  before: CommandRow,
  how: { readonly change: Change; readonly actionId?: string | undefined },
): Promise<Retried | undefined> {
  const { change } = how;
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
  await noteRetryNow(trx, before, how);
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

async function noteRetryNow(
  trx: Queries,
  before: CommandRow,
  { change, actionId }: { readonly change: Change; readonly actionId?: string | undefined },
): Promise<void> {
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
    actionId,
    action: 'CommandRetriedNow',
    subject: commandLabel(before),
    commandId: before.commandId,
    run: before.run,
    previousValue: until === null ? 'Retrying' : `Retrying at ${until}`,
    currentValue: `attempt ${before.attempt + 1} now`,
  });
}
