import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import {
  type AttemptDeps,
  type AttemptKey,
  FINAL_STATUSES,
  despiteTwin,
  fenceOf,
  findAttempt,
  isEnded,
  requireCommand,
} from './attempts.ts';
import type { AttemptRow, CommandRow } from './command-view.ts';
import { CamCommandError } from './errors.ts';
import { ensureLane } from './lanes.ts';
import { type NewWorkItem, askToStop, withdrawWaiting, workQueueOf } from './work-queue.ts';

export interface Enqueued {
  readonly attemptId: string;
  /** A result counts for the attempt only with its id and this number. */
  readonly fence: number;
  readonly workItemId: string;
  readonly application: string;
}

/**
 * Puts an attempt into the work queue.
 * @throws {CamCommandError} `command-finished` when the command's run has ended in the meantime.
 */
export async function enqueueAttempt(deps: AttemptDeps, key: AttemptKey): Promise<Enqueued> {
  const now = deps.clock.now().toISOString();
  return despiteTwin(() =>
    deps.database.transaction(async (trx) => {
      const before = await findAttempt(trx, key);
      if (before) return enqueued(await requireCommand(trx, key.commandId), before);
      const command = await moveToQueue(trx, key);
      const attempt = newAttempt(key, now);
      await trx.insertInto('CamCommandAttempt').values(attempt).execute();
      const laneId = await ensureLane(trx, command, now);
      await workQueueOf(deps.database).enqueue(trx, newWorkItem(command, attempt, laneId));
      if (command.cancelRequestedAt !== null) await askToStop(trx, attempt.attemptId);
      return enqueued(command, attempt);
    }),
  );
}

/**
 * Writes before it reads: from then on the command stays as it is read until the transaction ends, also where transactions overlap. A
 * twin that comes late, or meets the command's end, changes nothing.
 */
async function moveToQueue(trx: Queries, { commandId, run, attempt }: AttemptKey): Promise<CommandRow> {
  const { numUpdatedRows } = await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: eb.case().when('cancelRequestedAt', 'is not', null).then('Cancelling').else('Queued').end(),
      attempt,
      waitReason: null,
      nextAttemptAt: null,
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', commandId)
    .where('run', '=', run)
    .where('status', 'not in', FINAL_STATUSES)
    .executeTakeFirst();
  const command = await requireCommand(trx, commandId);
  if (numUpdatedRows === 0n) throw new CamCommandError('command-finished');
  return command;
}

/**
 * Carries a request to cancel, or the end of the waiting time, to the attempt. `withdrawn`: nobody had claimed it and now nobody
 * can. `claimed`: an agent is at work; when `ask` is set its next heartbeat tells it to stop.
 */
export async function withdrawAttempt(
  deps: AttemptDeps,
  key: AttemptKey,
  options: { readonly ask: boolean },
): Promise<'withdrawn' | 'claimed'> {
  return deps.database.transaction(async (trx) => {
    const attempt = await findAttempt(trx, key);
    if (!attempt || isEnded(attempt.status)) return 'withdrawn';
    if (await withdrawWaiting(trx, attempt.attemptId)) return 'withdrawn';
    if (options.ask) return (await askToStop(trx, attempt.attemptId)) ? 'claimed' : 'withdrawn';
    const item = await trx
      .selectFrom('CamWorkItem')
      .select('attemptId')
      .where('attemptId', '=', attempt.attemptId)
      .executeTakeFirst();
    return item ? 'claimed' : 'withdrawn';
  });
}

function enqueued(command: CommandRow, { attemptId, fence }: AttemptRow): Enqueued {
  return { attemptId, fence, workItemId: attemptId, application: command.application };
}

function newAttempt(key: AttemptKey, now: string): AttemptRow {
  return {
    attemptId: randomUUID(),
    commandId: key.commandId,
    run: key.run,
    attempt: key.attempt,
    fence: fenceOf(key),
    status: 'Waiting',
    workstation: null,
    queuedAt: now,
    claimedAt: null,
    startedAt: null,
    endedAt: null,
    phase: null,
    percent: null,
    logTail: null,
    errorCode: null,
    errorMessage: null,
    errorSignature: null,
  };
}

function newWorkItem(command: CommandRow, attempt: AttemptRow, laneId: number): NewWorkItem {
  const { attemptId, commandId, run, fence, queuedAt } = attempt;
  return {
    workItemId: attemptId,
    attemptId,
    commandId,
    run,
    attempt: attempt.attempt,
    fence,
    application: command.application,
    priority: command.priority,
    notBefore: queuedAt,
    enqueuedAt: queuedAt,
    laneId,
    requestedBy: command.requestedBy,
  };
}
