import { randomUUID } from 'node:crypto';
import type { Database, Queries } from '../data/index.ts';
import { type ActorKind, type ChangeType, recordHistory } from '../history/index.ts';
import { currentTraceId } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { type CommandTypes, type CommandPolicy } from './command-types.ts';
import type { AttemptRow, AttemptStatus, CommandRow } from './command-view.ts';
import type { CommandError, CommandMessage } from './contracts.ts';
import { type Tally, maxAttemptsShown } from './decide.ts';
import { CamCommandError } from './errors.ts';
import { commandLabel, commandSubject, findCommand, recordProducedCommand } from './order.ts';
import { removeWorkItem, withdrawWaiting } from './work-queue.ts';

/** What the orchestration's steps work with. Every step may be repeated: a second call finds the first one's rows and agrees. */
export interface AttemptDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
}

export interface AttemptKey {
  readonly commandId: string;
  readonly run: number;
  readonly attempt: number;
}

const FINAL: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Cancelled']);
const ENDED: ReadonlySet<string> = new Set<AttemptStatus>(['Succeeded', 'Failed', 'Lost', 'Cancelled']);

/** True when a command's status will not change by itself any more. */
export function isFinal(status: string): boolean {
  return FINAL.has(status);
}

export type Begun =
  | {
      readonly kind: 'proceed';
      readonly policy: CommandPolicy;
      readonly notBefore: string | null;
      readonly cancelRequested: boolean;
    }
  /** The run this message is about has ended: there is nothing to do. */
  | { readonly kind: 'final' }
  /** The message asks for what cannot be. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly description: string };

/** First step of a run: finds the command, or records it when a producer sent it straight to the queue. */
export async function beginCommand(deps: AttemptDeps, message: CommandMessage): Promise<Begun> {
  let command = await findCommand(deps.database.read, message.commandId);
  if (!command) {
    try {
      command = await recordProducedCommand(deps, message);
    } catch (error) {
      if (!(error instanceof CamCommandError)) throw error;
      const fields = (error.errors ?? []).map((field) => `${field.path} ${field.message}`).join('; ');
      return {
        kind: 'rejected',
        reason: error.code,
        description: fields ? `${error.message} ${fields}` : error.message,
      };
    }
  }
  if (isFinal(command.status) || command.run > (message.run ?? 1)) return { kind: 'final' };
  const type = deps.commandTypes.find(command.application, command.commandType);
  if (!type)
    return { kind: 'rejected', reason: 'command-type-unknown', description: 'The command type is gone.' };
  return {
    kind: 'proceed',
    policy: { retry: type.retry, limits: type.limits },
    notBefore: command.notBefore,
    cancelRequested: command.cancelRequestedAt !== null,
  };
}

export interface Enqueued {
  readonly attemptId: string;
  readonly workItemId: string;
  readonly application: string;
  readonly cancelRequested: boolean;
}

/** Puts an attempt into the work queue. */
export async function enqueueAttempt(deps: AttemptDeps, key: AttemptKey): Promise<Enqueued> {
  const now = deps.clock.now().toISOString();
  return deps.database.transaction(async (trx) => {
    const command = await requireCommand(trx, key.commandId);
    const cancelRequested = command.cancelRequestedAt !== null;
    const before = await findAttempt(trx, key);
    if (before) {
      return {
        attemptId: before.attemptId,
        workItemId: before.attemptId,
        application: command.application,
        cancelRequested,
      };
    }
    const attemptId = randomUUID();
    await trx
      .insertInto('CamCommandAttempt')
      .values(newAttempt(key, attemptId, now))
      .execute();
    await trx
      .insertInto('CamWorkItem')
      .values({
        workItemId: attemptId,
        attemptId,
        ...key,
        fence: fenceOf(key),
        application: command.application,
        priority: command.priority,
        notBefore: now,
        enqueuedAt: now,
        state: 'Waiting',
        workstation: null,
        claimId: null,
        leaseUntil: null,
        cancelRequested: cancelRequested ? 1 : 0,
      })
      .execute();
    await trx
      .updateTable('CamCommand')
      .set((eb) => ({
        status: cancelRequested ? 'Cancelling' : 'Queued',
        attempt: key.attempt,
        waitReason: null,
        version: eb('version', '+', 1),
      }))
      .where('commandId', '=', key.commandId)
      .execute();
    return { attemptId, workItemId: attemptId, application: command.application, cancelRequested };
  });
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
    if (!attempt || ENDED.has(attempt.status)) return 'withdrawn';
    if (await withdrawWaiting(trx, attempt.attemptId)) return 'withdrawn';
    const item = await trx
      .selectFrom('CamWorkItem')
      .select('attemptId')
      .where('attemptId', '=', attempt.attemptId)
      .executeTakeFirst();
    if (!item) return 'withdrawn';
    if (options.ask) {
      await trx
        .updateTable('CamWorkItem')
        .set({ cancelRequested: 1 })
        .where('attemptId', '=', attempt.attemptId)
        .execute();
    }
    return 'claimed';
  });
}

export interface Ending {
  readonly status: Extract<AttemptStatus, 'Failed' | 'Lost' | 'Cancelled'>;
  readonly error?: CommandError | undefined;
  readonly startedAt?: string | null | undefined;
  readonly endedAt?: string | undefined;
  readonly logTail?: readonly string[] | undefined;
  readonly workstation?: string | undefined;
}

/** Ends an attempt without effect; the command goes on with another one after its backoff. */
export async function concludeRetry(
  deps: AttemptDeps,
  key: AttemptKey,
  ending: Ending & { readonly tally: Tally },
): Promise<void> {
  await conclude(deps, key, ending, {
    status: 'Retrying',
    changeType: 'CommandRetrying',
    maxAttempts: (policy) => maxAttemptsShown(policy.retry, ending.tally.lost),
  });
}

/** Ends an attempt and with it the command, as Failed. A failed command is a row with its reason. */
export async function concludeFailed(deps: AttemptDeps, key: AttemptKey, ending: Ending): Promise<void> {
  await conclude(deps, key, ending, { status: 'Failed', changeType: 'CommandFailed' });
}

/** Ends the command as Cancelled, with its attempt if there is one. */
export async function concludeCancelled(deps: AttemptDeps, key: AttemptKey, ending: Ending): Promise<void> {
  await conclude(deps, key, ending, { status: 'Cancelled', changeType: 'CommandCancelled' });
}

interface Conclusion {
  readonly status: 'Retrying' | 'Failed' | 'Cancelled';
  readonly changeType: ChangeType;
  readonly maxAttempts?: (policy: CommandPolicy) => number;
}

async function conclude(deps: AttemptDeps, key: AttemptKey, ending: Ending, next: Conclusion): Promise<void> {
  const now = deps.clock.now().toISOString();
  await deps.database.transaction(async (trx) => {
    const command = await requireCommand(trx, key.commandId);
    const attempt = await findAttempt(trx, key);
    if (isFinal(command.status) || (attempt && ENDED.has(attempt.status) && command.status === next.status))
      return;
    if (attempt) {
      await removeWorkItem(trx, attempt.attemptId);
      await endAttempt(trx, attempt, { ...ending, endedAt: ending.endedAt ?? now });
    }
    const type = deps.commandTypes.find(command.application, command.commandType);
    const final = isFinal(next.status);
    await trx
      .updateTable('CamCommand')
      .set((eb) => ({
        status: next.status,
        completedAt: final ? now : null,
        workstation: attempt?.workstation ?? command.workstation,
        errorCode: ending.error?.code ?? null,
        errorMessage: ending.error?.message.slice(0, 2000) ?? null,
        waitReason: null,
        ...(type && next.maxAttempts ? { maxAttempts: next.maxAttempts(type) } : {}),
        version: eb('version', '+', 1),
      }))
      .where('commandId', '=', key.commandId)
      .execute();
    const actor = actorOf(command, attempt, next.status);
    await recordHistory(
      trx,
      { ...actor, at: now, comment: commentOf(command, next), traceId: currentTraceId() },
      [
        {
          ...commandSubject(command),
          changeType: next.changeType,
          field: 'command',
          previousValue: commandLabel(command),
          currentValue: ending.error ? `${ending.error.code}: ${ending.error.message}` : next.status,
        },
      ],
    );
  });
}

/** Marks the attempt's row as ended. */
export async function endAttempt(
  trx: Queries,
  attempt: AttemptRow,
  ending: Omit<Ending, 'status'> & { readonly status: AttemptStatus; readonly endedAt: string },
): Promise<void> {
  await trx
    .updateTable('CamCommandAttempt')
    .set({
      status: ending.status,
      startedAt: attempt.startedAt ?? ending.startedAt ?? null,
      endedAt: ending.endedAt,
      logTail: ending.logTail ? JSON.stringify(ending.logTail) : attempt.logTail,
      errorCode: ending.error?.code ?? null,
      errorMessage: ending.error?.message.slice(0, 2000) ?? null,
    })
    .where('attemptId', '=', attempt.attemptId)
    .execute();
}

export async function findAttempt(queries: Queries, key: AttemptKey): Promise<AttemptRow | undefined> {
  return queries
    .selectFrom('CamCommandAttempt')
    .selectAll()
    .where('commandId', '=', key.commandId)
    .where('run', '=', key.run)
    .where('attempt', '=', key.attempt)
    .executeTakeFirst();
}

export async function requireCommand(queries: Queries, commandId: string): Promise<CommandRow> {
  const command = await findCommand(queries, commandId);
  if (!command) throw new CamCommandError('command-not-found');
  return command;
}

/** Grows with every attempt of a command, over all its runs. */
function fenceOf(key: AttemptKey): number {
  return key.run * 10_000 + key.attempt;
}

function newAttempt(key: AttemptKey, attemptId: string, now: string): AttemptRow {
  return {
    attemptId,
    ...key,
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
  };
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

function commentOf(command: CommandRow, next: Conclusion): string | undefined {
  return next.status === 'Cancelled' ? (command.cancelReason ?? undefined) : undefined;
}
