import type { CommandError, Job } from '../shared/cam-commands/contracts.ts';

/** What has to be known of an attempt to write a result message for it. */
export type AttemptIdentity = Pick<Job, 'commandId' | 'run' | 'attempt' | 'attemptId' | 'fence'>;

/** The API could not be reached or asks to come back later. The same request may be sent again. */
export class ApiUnavailableError extends Error {
  override readonly name = 'ApiUnavailableError';
  /** What the API asked for by `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The API refuses the request, or answers with what its contract does not allow. */
export class ApiRefusedError extends Error {
  override readonly name: string = 'ApiRefusedError';
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(message: string, status: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

/** A job was given to this agent that its version does not understand; what names the attempt it does. */
export class UnreadableJobError extends ApiRefusedError {
  override readonly name: string = 'UnreadableJobError';
  readonly attempt: AttemptIdentity;

  constructor(refused: ApiRefusedError, attempt: AttemptIdentity) {
    super(refused.message, refused.status);
    this.attempt = attempt;
  }
}

/** The attempt is no longer this agent's (409): whatever it still does for it is in vain. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('the attempt is no longer leased to this agent');
  }
}

/** The runner ended, or its connection broke: what it had started is ended, and how far that had come is not known. */
export class RunnerLostError extends Error {
  override readonly name = 'RunnerLostError';

  constructor() {
    super('the runner, which starts adapters, is gone');
  }
}

/**
 * Codes the agent itself reports; further ones come from adapters. `<APPLICATION>_CRASHED` names the application, as
 * `ESPRIT_CRASHED`.
 */
export type RunFailureCode =
  /** An input's size or digest differs from what the job says. */
  | 'INPUT_CORRUPT'
  /** An input could not be downloaded. */
  | 'INPUT_UNAVAILABLE'
  /** Two inputs have names that a file system may take for one. */
  | 'INPUT_NAMES_CLASH'
  /** An output could not be uploaded. */
  | 'OUTPUT_UPLOAD_FAILED'
  /** The run took longer than the job allows. */
  | 'TIMED_OUT'
  /** The adapter ended by a signal, or with an exit code other than 0 and no result file. */
  | `${Uppercase<string>}_CRASHED`
  /** The adapter cannot be started on this workstation. */
  | 'ADAPTER_UNAVAILABLE'
  /** The adapter broke its contract: no or invalid result file, outputs missing or outside their folder. */
  | 'ADAPTER_PROTOCOL'
  /** The agent was stopped and ended the run. */
  | 'AGENT_STOPPED'
  /** The agent died while the run was on. */
  | 'AGENT_CRASHED'
  /** With kind `lost`: the runner died while the run was on. */
  | 'RUNNER_LOST'
  /** The disk of the work folder is full. */
  | 'DISK_FULL'
  /** This version of the agent does not understand the job. */
  | 'JOB_UNREADABLE'
  /** A fault of the agent itself. */
  | 'AGENT_FAILED';

/** A run that failed for a reason that is reported as it is. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  readonly error: CommandError;

  constructor(error: CommandError, cause?: unknown) {
    super(`${error.code}: ${error.message}`, cause === undefined ? undefined : { cause });
    this.error = error;
  }
}

/** A failure found by the agent; `retryable` says whether another attempt may fare better. */
export function runFailure(
  code: RunFailureCode,
  message: string,
  options: { retryable: boolean; cause?: unknown },
): RunFailure {
  return new RunFailure(
    { code, message: message.slice(0, 2000), retryable: options.retryable },
    options.cause,
  );
}

/** Why a run was ended before its own end: the reason its abort signal carries. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  readonly why: 'timed-out' | 'cancelled' | 'lease-lost' | 'agent-stopped';

  constructor(why: RunStopped['why']) {
    super(`the run was ended: ${why}`);
    this.why = why;
  }
}
