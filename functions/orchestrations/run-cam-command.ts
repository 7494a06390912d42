import type { OrchestrationContext, Task, TimerTask } from 'durable-functions';
import {
  type AttemptOutcome,
  type Tally,
  decideNext,
  jitterOf,
  outageDelayMs,
} from '../../shared/cam-commands/decide.ts';
import type { AttemptKey, CommandPolicy } from '../../shared/cam-commands/index.ts';
import type { CommandError, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import type {
  ActivityAnswers,
  ActivityInputs,
  ActivityName,
  RunInput,
  Unavailable,
} from './activity-contracts.ts';

type Steps<T> = Generator<Task, T, unknown>;

/** How often an activity may throw before its error is taken for a defect. */
const ACTIVITY_FAILURES = 3;

/**
 * One run of a command, from queue to final state. Control flow only: what is decided is in `decide.ts`, what is written is in
 * the activities. No clock, randomness, environment or I/O here: it is replayed from its history.
 *
 * Events: `result.<run>.<attempt>` and `lost.<run>.<attempt>`, named so that a late one of an earlier attempt wakes nobody, and
 * `cancel.<run>`, for which one waiter stands from start to end (an abandoned one would swallow the event).
 */
export function* runCamCommand(context: OrchestrationContext): Steps<void> {
  const input: RunInput = context.df.getInput();
  const progress = { attempt: 1 };
  try {
    const begun = yield* perform(context, 'beginCommand', input);
    if (begun.kind !== 'proceed') return;
    yield* runAttempts(context, { input, begun, progress });
  } catch (error) {
    // A defect, not an outage: the command must not stay open with nobody at work on it.
    yield* perform(context, 'failCommand', {
      key: keyOf(input, progress.attempt),
      error: { code: 'INTERNAL', message: 'MCMS could not carry on with this command.', retryable: false },
      defect: {
        cause: error instanceof Error ? error.message : String(error),
        message: input.message,
      },
      lost: false,
      traceparent: input.traceparent,
    });
  }
}

interface Run {
  readonly input: RunInput;
  readonly begun: Extract<ActivityAnswers['beginCommand'], { kind: 'proceed' }>;
  /** The attempt under way, for the one who cleans up after an error. */
  readonly progress: { attempt: number };
}

/** Attempt after attempt until the command has its final state. */
function* runAttempts(context: OrchestrationContext, { input, begun, progress }: Run): Steps<void> {
  const { traceparent } = input;
  const { run } = keyOf(input, 1);
  const cancel = context.df.waitForExternalEvent(`cancel.${run}`);

  let cancelled = begun.cancelRequested;
  if (!cancelled && begun.notBefore !== null)
    cancelled = yield* waitUntil(context, new Date(begun.notBefore), cancel);

  let tally: Tally = { failed: 0, lost: 0 };
  for (let attempt = 1; ; attempt += 1) {
    progress.attempt = attempt;
    const key = keyOf(input, attempt);
    if (cancelled || cancel.isCompleted) {
      yield* perform(context, 'cancelCommand', { key, traceparent });
      return;
    }
    const ended = yield* runAttempt(context, { key, input, cancel, policy: begun.policy });
    const { result } = ended;
    const lost = ended.outcome.kind === 'lost';
    const decision = decideNext(begun.policy.retry, tally, ended.outcome, {
      cancelRequested: ended.cancelRequested || cancel.isCompleted,
      jitter: jitterOf(`${key.commandId}.${run}.${attempt}`),
    });
    switch (decision.next) {
      case 'succeed':
        return;
      case 'cancel':
        yield* perform(context, 'cancelCommand', { key, result, traceparent });
        return;
      case 'fail':
        yield* perform(context, 'failCommand', { key, error: decision.error, lost, result, traceparent });
        return;
      case 'retry':
        tally = decision.tally;
        yield* perform(context, 'retryCommand', {
          key,
          error: decision.error,
          tally,
          delayMs: decision.delayMs,
          lost,
          result,
          traceparent,
        });
        cancelled = yield* waitUntil(context, later(context, decision.delayMs), cancel);
    }
  }
}

interface Attempt {
  readonly key: AttemptKey;
  readonly input: RunInput;
  readonly cancel: Task;
  readonly policy: CommandPolicy;
}

interface Ended {
  readonly outcome: AttemptOutcome;
  readonly cancelRequested: boolean;
  readonly result?: ResultMessage;
}

/** Queues one attempt and waits for its end: a result that stands, a lost lease, a cancellation or the end of its waiting time. */
function* runAttempt(context: OrchestrationContext, attempt: Attempt): Steps<Ended> {
  const { key, cancel, policy, input } = attempt;
  const { traceparent } = input;
  const enqueued = yield* perform(context, 'enqueueAttempt', { key, traceparent });

  const { run, attempt: number } = key;
  const lost = context.df.waitForExternalEvent(`lost.${run}.${number}`);
  let result = context.df.waitForExternalEvent(`result.${run}.${number}`);
  /** Until when a workstation may take it; undefined once one has, or none shall. */
  let claimBy: Date | undefined = later(context, policy.limits.queueMs);
  let cancelRequested = false;

  for (;;) {
    const open: Task[] = [result, lost];
    if (!cancelRequested) open.push(cancel);
    // A new timer for every wait: Durable would start one anew that is yielded twice
    // (https://github.com/Azure/azure-functions-durable-js/issues/574).
    const queueLimit: TimerTask | undefined = claimBy && context.df.createTimer(claimBy);
    const winner = yield* first(context, queueLimit ? [...open, queueLimit] : open);
    const limitReached = winner === queueLimit;
    if (!limitReached) queueLimit?.cancel();

    if (winner === result) {
      const message = result.result as ResultMessage;
      const judged = yield* judge(context, { key, message, enqueued, traceparent, cancelRequested });
      if (judged) return { outcome: judged, result: message, cancelRequested };
      result = context.df.waitForExternalEvent(`result.${run}.${number}`);
    } else if (winner === lost) {
      return { outcome: { kind: 'lost' }, cancelRequested };
    } else {
      cancelRequested ||= !limitReached;
      claimBy = undefined;
      const state = yield* perform(context, 'withdrawAttempt', { key, ask: cancelRequested, traceparent });
      if (state === 'claimed') continue;
      const outcome: AttemptOutcome = limitReached
        ? { kind: 'failed', error: waitedTooLong(policy) }
        : { kind: 'cancelled' };
      return { outcome, cancelRequested };
    }
  }
}

interface Reported {
  readonly key: AttemptKey;
  readonly message: ResultMessage;
  readonly enqueued: ActivityAnswers['enqueueAttempt'];
  readonly traceparent: string | undefined;
  readonly cancelRequested: boolean;
}

/** What a result message means; undefined when it is not of this attempt (any more) and has no effect. */
function* judge(context: OrchestrationContext, reported: Reported): Steps<AttemptOutcome | undefined> {
  const { key, message, enqueued, traceparent } = reported;
  if (message.attemptId !== enqueued.attemptId || message.fence !== enqueued.fence) return undefined;
  switch (message.kind) {
    case 'succeeded': {
      const success = yield* perform(context, 'completeCommand', { key, result: message, traceparent });
      if (success.kind === 'stale') return undefined;
      return success.kind === 'completed' ? { kind: 'succeeded' } : { kind: 'failed', error: success.error };
    }
    case 'failed':
      return {
        kind: 'failed',
        error: message.error ?? {
          code: 'UNKNOWN',
          message: 'The workstation gave no reason.',
          retryable: true,
        },
      };
    case 'cancelled':
      // An agent that stopped a run nobody asked it to stop has lost it.
      return { kind: reported.cancelRequested ? 'cancelled' : 'lost' };
    case 'lost':
      return { kind: 'lost' };
  }
}

/**
 * Runs an activity until the services it needs are there: an outage costs waiting here, and nothing else. One that throws is tried
 * again a little, as the cause may be a worker process that died under it; what it throws in the end is a defect.
 */
function* perform<Name extends ActivityName>(
  context: OrchestrationContext,
  name: Name,
  input: ActivityInputs[Name],
): Steps<ActivityAnswers[Name]> {
  let failures = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = (yield context.df.callActivity(name, input)) as ActivityAnswers[Name] | Unavailable;
      if (!isUnavailable(answer)) return answer;
    } catch (error) {
      failures += 1;
      if (failures >= ACTIVITY_FAILURES) throw error;
    }
    yield context.df.createTimer(later(context, outageDelayMs(tries)));
  }
}

/** Waits for an instant or a cancellation; true when it was the cancellation. */
function* waitUntil(context: OrchestrationContext, until: Date, cancel: Task): Steps<boolean> {
  if (until.getTime() <= context.df.currentUtcDateTime.getTime()) return cancel.isCompleted;
  const timer = context.df.createTimer(until);
  const winner = yield* first(context, [cancel, timer]);
  if (winner === timer) return false;
  timer.cancel();
  return true;
}

/** The first of the tasks to complete. `Task.any` does not see one that completed before it was made. */
function* first(context: OrchestrationContext, tasks: Task[]): Steps<Task> {
  const done = tasks.find((task) => task.isCompleted);
  return done ?? ((yield context.df.Task.any(tasks)) as Task);
}

function later(context: OrchestrationContext, delayMs: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + delayMs);
}

function keyOf({ message }: RunInput, attempt: number): AttemptKey {
  return { commandId: message.commandId, run: message.run ?? 1, attempt };
}

function isUnavailable(answer: unknown): answer is Unavailable {
  return typeof answer === 'object' && answer !== null && 'unavailable' in answer;
}

function waitedTooLong({ limits }: CommandPolicy): CommandError {
  const seconds = Math.round(limits.queueMs / 1000);
  const time = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  return {
    code: 'QUEUE_LIMIT',
    message: `No workstation took the command within ${time}.`,
    retryable: false,
  };
}
