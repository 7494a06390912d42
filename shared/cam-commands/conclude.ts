import type { Queries } from '../data/index.ts';
import { type ActorKind, type ChangeType, recordHistory } from '../history/index.ts';
import {
  type AttemptDeps,
  type AttemptKey,
  type Ending,
  FINAL_STATUSES,
  endAttempt,
  findAttempt,
  isFinal,
  requireCommand,
  traceIdOf,
} from './attempts.ts';
import type { CommandType } from './command-types.ts';
import type { AttemptRow, CommandRow } from './command-view.ts';
import type { CommandError } from './contracts.ts';
import { type Tally, isPermanent, maxAttemptsShown } from './decide.ts';
import { failureSignature } from './failure-signature.ts';
import { commandLabel, commandSubject } from './order.ts';
import { removeWorkItem } from './work-queue.ts';

/** How an attempt ends without effect. */
export type Unsuccessful = Omit<Ending, 'status' | 'endedAt'> & {
  readonly status: Exclude<Ending['status'], 'Succeeded'>;
  /** Default: now. */
  readonly endedAt?: string | undefined;
};

/** Ends an attempt without effect; the command goes on with another one after its backoff. */
export async function concludeRetry(
  deps: AttemptDeps,
  key: AttemptKey,
  ending: Unsuccessful & { readonly tally: Tally; readonly delayMs?: number | undefined },
): Promise<void> {
  await conclude(deps, key, ending, {
    status: 'Retrying',
    changeType: 'CommandRetrying',
    tally: ending.tally,
    delayMs: ending.delayMs,
  });
}

/** Ends an attempt and with it the command, as Failed. A failed command is a row with its reason. */
export async function concludeFailed(
  deps: AttemptDeps,
  key: AttemptKey,
  ending: Unsuccessful & { readonly error: CommandError },
): Promise<void> {
  await conclude(deps, key, ending, { status: 'Failed', changeType: 'CommandFailed' });
}

/** Ends the command as Cancelled, with its attempt if there is one. */
export async function concludeCancelled(
  deps: AttemptDeps,
  key: AttemptKey,
  ending: Unsuccessful,
): Promise<void> {
  await conclude(deps, key, ending, { status: 'Cancelled', changeType: 'CommandCancelled' });
}

interface Conclusion {
  readonly status: 'Retrying' | 'Failed' | 'Cancelled';
  readonly changeType: ChangeType;
  readonly tally?: Tally;
  /** Until the next attempt. */
  readonly delayMs?: number | undefined;
}

/** Once per attempt, or per run when it ends the command: a repetition finds attempt or command ended and adds nothing. */
async function conclude(
  deps: AttemptDeps,
  key: AttemptKey,
  ending: Unsuccessful,
  next: Conclusion,
): Promise<void> {
  const now = deps.clock.now().toISOString();
  await deps.database.transaction(async (trx) => {
    const command = await requireCommand(trx, key.commandId);
    const attempt = await findAttempt(trx, key);
    if (attempt) await removeWorkItem(trx, attempt.attemptId);
    const signature = ending.error && failureSignature(command, ending.error);
    const ended =
      attempt && (await endAttempt(trx, attempt, { ...ending, signature, endedAt: ending.endedAt ?? now }));
    if (!ended && !isFinal(next.status)) return;
    const type = deps.commandTypes.find(command.application, command.commandType);
    const reprocessAt = next.status === 'Failed' ? reprocessTime(type, command, ending.error, now) : null;
    const moved = await moveCommand(trx, command, {
      status: next.status,
      run: key.run,
      now,
      workstation: attempt?.workstation ?? command.workstation,
      error: ending.error,
      signature,
      nextAttemptAt: next.delayMs === undefined ? null : later(now, next.delayMs),
      reprocessAt,
      maxAttempts: type && next.tally ? maxAttemptsShown(type.retry, next.tally.lost) : command.maxAttempts,
    });
    if (!moved) return;
    await noteConclusion(trx, { command, attempt, next, now, error: ending.error });
    if (next.status !== 'Failed') return;
    const after = await requireCommand(trx, key.commandId);
    await deps.notices.commandEnded(trx, {
      ...endedCommandOf(command),
      outcome: 'Failed',
      attempts: attempt?.attempt ?? 0,
      workstation: attempt?.workstation ?? null,
      error: ending.error && signature ? { ...ending.error, signature } : undefined,
      reprocessAt: after.reprocessAt,
      at: now,
    });
  });
}

/** When MCMS may start another run by itself; null for a failure that no run can mend, or when it has done so before. */
function reprocessTime(
  type: CommandType | undefined,
  command: CommandRow,
  error: CommandError | undefined,
  now: string,
): string | null {
  if (!type || !error || isPermanent(type.retry, error)) return null;
  return command.automaticRuns < type.reprocess.times ? later(now, type.reprocess.afterMs) : null;
}

function later(instant: string, delayMs: number): string {
  return new Date(Date.parse(instant) + delayMs).toISOString();
}

/** What a notice says of the command itself. */
export function endedCommandOf(command: CommandRow) {
  const { commandId, run, routingId, itemCode, revisionCode, application, commandType } = command;
  const { requestedBy, requestedByKind } = command;
  return {
    commandId,
    run,
    routingId,
    itemCode,
    revisionCode,
    application,
    commandType,
    requestedBy,
    requestedByKind,
  };
}

interface Move {
  readonly status: Conclusion['status'];
  readonly run: number;
  readonly now: string;
  readonly workstation: string | null;
  readonly error: CommandError | undefined;
  readonly signature: string | undefined;
  readonly nextAttemptAt: string | null;
  readonly reprocessAt: string | null;
  readonly maxAttempts: number;
}

/** False, with nothing changed, when the command has its final state or is in another run. One to be cancelled stays Cancelling. */
async function moveCommand(trx: Queries, command: CommandRow, to: Move): Promise<boolean> {
  const final = isFinal(to.status);
  const { numUpdatedRows } = await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: final
        ? to.status
        : eb.case().when('cancelRequestedAt', 'is not', null).then('Cancelling').else(to.status).end(),
      completedAt: final ? to.now : null,
      workstation: to.workstation,
      errorCode: to.error?.code ?? null,
      errorMessage: to.error?.message.slice(0, 2000) ?? null,
      errorSignature: to.signature ?? null,
      waitReason: null,
      nextAttemptAt: to.nextAttemptAt,
      // The row as it is now counts: a request to cancel may have come in since it was read.
      reprocessAt: eb
        .case()
        .when('cancelRequestedAt', 'is not', null)
        .then(null)
        .else(eb.val(to.reprocessAt))
        .end(),
      maxAttempts: to.maxAttempts,
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', command.commandId)
    .where('run', '=', to.run)
    .where('status', 'not in', FINAL_STATUSES)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function noteConclusion(
  trx: Queries,
  given: {
    readonly command: CommandRow;
    readonly attempt: AttemptRow | undefined;
    readonly next: Conclusion;
    readonly now: string;
    readonly error: CommandError | undefined;
  },
): Promise<void> {
  const { command, next, error } = given;
  const cancelled = next.status === 'Cancelled';
  const change = {
    ...actorOf(command, given.attempt, next.status),
    at: given.now,
    comment: cancelled ? (command.cancelReason ?? undefined) : undefined,
    traceId: traceIdOf(command),
  };
  await recordHistory(trx, change, [
    {
      ...commandSubject(command),
      changeType: next.changeType,
      field: 'command',
      previousValue: commandLabel(command),
      currentValue: error ? `${error.code}: ${error.message}` : next.status,
    },
  ]);
}

function actorOf(
  command: CommandRow,
  attempt: AttemptRow | undefined,
  status: Conclusion['status'],
): { by: string; kind: ActorKind } {
  if (status === 'Cancelled' && command.cancelRequestedBy !== null)
    return { by: command.cancelRequestedBy, kind: 'user' };
  if (attempt?.workstation) return { by: attempt.workstation, kind: 'workstation' };
  return { by: 'mcms', kind: 'service' };
}
