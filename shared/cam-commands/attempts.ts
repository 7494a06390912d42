import { type Database, type Queries, isUniqueViolation } from '../data/index.ts';
import type { Notices } from '../notifications/index.ts';
import { currentTraceId, withRemoteParent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import type { CommandTypes } from './command-types.ts';
import type { AttemptRow, AttemptStatus, CommandRow } from './command-view.ts';
import type { CommandError, CommandStatus } from './contracts.ts';
import { CamCommandError } from './errors.ts';

/** What the orchestration's steps work with. Every step may be repeated: a second call finds the first one's rows and agrees. */
export interface AttemptDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
  readonly notices: Notices;
}

export interface AttemptKey {
  readonly commandId: string;
  readonly run: number;
  readonly attempt: number;
}

export interface Ending {
  readonly status: Extract<AttemptStatus, 'Succeeded' | 'Failed' | 'Lost' | 'Cancelled'>;
  readonly error?: CommandError | undefined;
  /** Of the error (`failureSignature`). */
  readonly signature?: string | undefined;
  /** Any ISO 8601 form; written as UTC. */
  readonly startedAt?: string | null | undefined;
  readonly endedAt: string;
  readonly logTail?: readonly string[] | undefined;
}

export const FINAL_STATUSES = ['Succeeded', 'Failed', 'Cancelled'] as const satisfies CommandStatus[];
const ENDED_STATUSES = ['Succeeded', 'Failed', 'Lost', 'Cancelled'] as const satisfies AttemptStatus[];

/** True when a command's status will not change by itself any more. */
export function isFinal(status: string): boolean {
  return FINAL_STATUSES.some((final) => final === status);
}

/** True when an attempt has been decided. */
export function isEnded(status: string): boolean {
  return ENDED_STATUSES.some((ended) => ended === status);
}

/** Grows with every attempt of a command, over all its runs. */
export function fenceOf(key: AttemptKey): number {
  return key.run * 10_000 + key.attempt;
}

export async function findCommand(queries: Queries, commandId: string): Promise<CommandRow | undefined> {
  return queries.selectFrom('CamCommand').selectAll().where('commandId', '=', commandId).executeTakeFirst();
}

export async function requireCommand(queries: Queries, commandId: string): Promise<CommandRow> {
  const command = await findCommand(queries, commandId);
  if (!command) throw new CamCommandError('command-not-found');
  return command;
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

/** Ends an attempt that has not ended; false, with nothing changed, when it has. */
export async function endAttempt(trx: Queries, attempt: AttemptRow, ending: Ending): Promise<boolean> {
  const change = {
    status: ending.status,
    startedAt: attempt.startedAt ?? (ending.startedAt ? utc(ending.startedAt) : null),
    endedAt: utc(ending.endedAt),
    logTail: ending.logTail ? JSON.stringify(ending.logTail) : attempt.logTail,
    errorCode: ending.error?.code ?? null,
    errorMessage: ending.error?.message.slice(0, 2000) ?? null,
    errorSignature: ending.signature ?? null,
  };
  const { numUpdatedRows } = await trx
    .updateTable('CamCommandAttempt')
    .set(change)
    .where('attemptId', '=', attempt.attemptId)
    .where('status', 'not in', ENDED_STATUSES)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Runs a step whose twin (the same activity, delivered twice) may insert the same rows at the same moment: the one that comes
 * second starts again and finds them.
 */
export async function despiteTwin<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    return step();
  }
}

/** The trace a command was ordered in; the one at work when the command has none. */
export function traceIdOf(command: Pick<CommandRow, 'traceparent'>): string | undefined {
  return withRemoteParent(command.traceparent ?? undefined, currentTraceId);
}

/** An instant as the tables keep it: UTC with milliseconds. */
export function utc(time: string): string {
  return new Date(time).toISOString();
}
