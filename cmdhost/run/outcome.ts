import type { CommandError, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import {
  LeaseLostError,
  RunFailure,
  type RunFailureCode,
  RunnerLostError,
  RunStopped,
  type UnreadableJobError,
} from '../errors.ts';
import { errorCode } from '../system-error.ts';

export type Outcome = Pick<ResultMessage, 'kind' | 'outputs' | 'error'>;

/** What a run comes to that ended by `reason`; `lease-lost` when nobody wants to know. */
export function outcomeOf(reason: unknown, attemptTimeoutMs: number): Outcome | 'lease-lost' {
  if (reason instanceof RunStopped) return stoppedOutcome(reason.why, attemptTimeoutMs);
  if (reason instanceof LeaseLostError) return 'lease-lost';
  if (reason instanceof RunnerLostError)
    return failure('lost', 'RUNNER_LOST', 'the runner ended while the run was on');
  if (isDiskFull(reason)) return failure('failed', 'DISK_FULL', 'the disk of the work folder is full');
  if (reason instanceof RunFailure) return { kind: 'failed', error: reason.error };
  const name = reason instanceof Error ? reason.name : 'unknown error';
  return failure('failed', 'AGENT_FAILED', `fault of the agent: ${name}`);
}

/** The result of an attempt whose job this version does not understand; a workstation with another one may. */
export function unreadable(
  { attempt, message }: Pick<UnreadableJobError, 'attempt' | 'message'>,
  { workstation, now }: { readonly workstation: string; readonly now: Date },
): ResultMessage {
  return {
    schemaVersion: 1,
    ...attempt,
    startedAt: null,
    endedAt: now.toISOString(),
    workstation,
    ...failure('failed', 'JOB_UNREADABLE', message.slice(0, 2000)),
  };
}

/** True when the error, or what caused it, is a disk (or a quota) with no room left. */
export function isDiskFull(error: unknown): boolean {
  if (['ENOSPC', 'EDQUOT'].includes(String(errorCode(error)))) return true;
  return error instanceof Error && error.cause !== undefined && isDiskFull(error.cause);
}

/** When a run ended, in ISO 8601: not before it began, whatever the clock did meanwhile. */
export function endOf(startedAt: string | null, now: Date): string {
  const end = now.toISOString();
  return startedAt !== null && Date.parse(startedAt) > now.getTime() ? startedAt : end;
}

function stoppedOutcome(why: RunStopped['why'], attemptTimeoutMs: number): Outcome | 'lease-lost' {
  switch (why) {
    case 'lease-lost':
      return 'lease-lost';
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'timed-out':
      return failure('failed', 'TIMED_OUT', `the run was ended after ${attemptTimeoutMs} ms`);
    case 'agent-stopped':
      return failure('lost', 'AGENT_STOPPED', 'the agent was stopped and ended the run');
  }
}

function failure(kind: 'failed' | 'lost', code: RunFailureCode, message: string): Outcome {
  const error: CommandError = { code, message, retryable: true };
  return { kind, error };
}
