import type { AttemptKey, Begun, Enqueued, LimitLook, Success } from '../../shared/cam-commands/index.ts';
import type { CommandError, CommandMessage, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import type { Tally } from '../../shared/cam-commands/decide.ts';
import type { LimitName } from '../../shared/cam-commands/decide-waits.ts';

/** Input of an orchestration: the message as it was validated, and the trace it came in. */
export interface RunInput {
  readonly schemaVersion: 1;
  readonly message: CommandMessage;
  readonly traceparent?: string | undefined;
}

/**
 * Output of an orchestration that made no command of its message: a message that names the same run begins it anew. Any other has
 * none.
 */
export interface RunOutput {
  /** Why, as in `DeadLetterReason`. */
  readonly rejected: string;
}

/** What an activity answers when a service it needs is away; nothing was done. */
export interface Unavailable {
  readonly unavailable: string;
}

interface Traced {
  readonly traceparent?: string | undefined;
}

interface Concluded extends Traced {
  readonly key: AttemptKey;
  readonly result?: ResultMessage | undefined;
}

export interface ActivityInputs {
  readonly beginCommand: RunInput;
  readonly enqueueAttempt: Traced & { readonly key: AttemptKey };
  readonly withdrawAttempt: Traced & { readonly key: AttemptKey; readonly ask: boolean };
  readonly checkLimit: Traced & {
    /** The attempt under way, or the last one. */
    readonly key: AttemptKey;
    readonly limit: LimitName;
    /** ISO 8601 UTC: from when on its time counts. */
    readonly since: string;
    readonly limitMs: number;
  };
  readonly completeCommand: Traced & { readonly key: AttemptKey; readonly result: ResultMessage };
  readonly retryCommand: Concluded & {
    readonly error: CommandError;
    readonly tally: Tally;
    readonly lost: boolean;
    /** Until the next attempt; a run that version 0.1 began does not say. */
    readonly delayMs?: number | undefined;
  };
  readonly failCommand: Concluded & {
    readonly error: CommandError;
    readonly lost: boolean;
    /** A defect: what went wrong inside MCMS, for the log, and the message to reject if it never became a command. */
    readonly defect?: { readonly cause: string; readonly message: CommandMessage } | undefined;
  };
  readonly cancelCommand: Concluded;
}

export type ActivityName = keyof ActivityInputs;

export interface ActivityAnswers {
  readonly beginCommand: Begun;
  readonly enqueueAttempt: Enqueued;
  readonly withdrawAttempt: 'withdrawn' | 'claimed';
  readonly checkLimit: LimitLook;
  readonly completeCommand: Success;
  readonly retryCommand: null;
  /** `rejected`: there was no command to fail, and its message went to `esprit-rejected`. Null from version 0.1. */
  readonly failCommand: { readonly rejected: boolean } | null;
  readonly cancelCommand: null;
}
