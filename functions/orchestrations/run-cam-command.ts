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

/**
 * One run of a command, from queue to final state. Control flow only: what is decided is in `decide.ts`, what is written is in
 * the activities. No clock, randomness, environment or I/O here: it is replayed from its history.
 *
 * Events: `result.<run>.<attempt>` and `lost.<run>.<attempt>`, named so that a late one of an earlier attempt wakes nobody, and
 * `cancel.<run>`, for which one waiter stands from start to end (an abandoned one would swallow the event).
 */
export function* runCamCommand(context: OrchestrationContext): Steps<void> {
  const input: RunInput = context.df.getInput();
  const begun = yield* perform(context, 'beginCommand', input);
  if (begun.kind !== 'proceed') return;
  const progress = { attempt: 1 };
  try {
    yield* runAttempts(context, { input, begun, progress });
  } catch (error) {
    // A defect, not an outage: the command must not stay open with nobody at work on it.
    yield* perform(context, 'failCommand', {
      key: keyOf(input, progress.attempt),
      error: { code: 'INTERNAL', message: 'MCMS could not carry on with this command.', retryable: false },
      cause: error instanceof Error ? error.message : String(error),
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
      cancelRequested: ended.cancelRequested,
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
  yield* perform(context, 'enqueueAttempt', { key, traceparent });

  const { run, attempt: number } = key;
  const lost = context.df.waitForExternalEvent(`lost.${run}.${number}`);
  let result = context.df.waitForExternalEvent(`result.${run}.${number}`);
  // Stands in the first wait only: whatever ends that one, nobody waits for a workstation any more. (A timer must not be yielded
  // twice: Durable would start it anew, https://github.com/Azure/azure-functions-durable-js/issues/574.)
  let queueLimit: TimerTask | undefined = context.df.createTimer(later(context, policy.limits.queueMs));
  let cancelRequested = false;

  for (;;) {
    const open: Task[] = [result, lost];
    if (!cancelRequested) open.push(cancel);
    const winner = yield* first(context, queueLimit ? [...open, queueLimit] : open);
    const limitReached = winner === queueLimit;
    if (!limitReached) queueLimit?.cancel();
    queueLimit = undefined;

    if (winner === result) {
      const message = result.result as ResultMessage;
      const judged = yield* judge(context, { key, message, traceparent, cancelRequested });
      if (judged) return { outcome: judged, result: message, cancelRequested };
      result = context.df.waitForExternalEvent(`result.${run}.${number}`);
    } else if (winner === lost) {
      return { outcome: { kind: 'lost' }, cancelRequested };
    } else {
      cancelRequested ||= !limitReached;
      const state = yield* perform(context, 'withdrawAttempt', { key, ask: cancelRequested, traceparent });
      if (state === 'claimed') continue;
      const outcome: AttemptOutcome = limitReached
        ? { kind: 'failed', error: waitedTooLong(policy) }
        : { kind: 'cancelled' };
      return { outcome, cancelRequested };
    }
  }
}

/** What a result message means; undefined when it is not of this attempt any more and has no effect. */
function* judge(
  context: OrchestrationContext,
  given: {
    key: Attempt['key'];
    message: ResultMessage;
    traceparent: string | undefined;
    cancelRequested: boolean;
  },
): Steps<AttemptOutcome | undefined> {
  const { message } = given;
  switch (message.kind) {
    case 'succeeded': {
      const success = yield* perform(context, 'completeCommand', {
        key: given.key,
        result: message,
        traceparent: given.traceparent,
      });
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
      return { kind: given.cancelRequested ? 'cancelled' : 'lost' };
    case 'lost':
      return { kind: 'lost' };
  }
}

/** Runs an activity until the services it needs are there: an outage costs waiting here, and nothing else. */
function* perform<Name extends ActivityName>(
  context: OrchestrationContext,
  name: Name,
  input: ActivityInputs[Name],
): Steps<ActivityAnswers[Name]> {
  for (let tries = 1; ; tries += 1) {
    const answer = (yield context.df.callActivity(name, input)) as ActivityAnswers[Name] | Unavailable;
    if (!isUnavailable(answer)) return answer;
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

function waitedTooLong(policy: CommandPolicy): CommandError {
  const minutes = Math.round(policy.limits.queueMs / 60_000);
  return {
    code: 'QUEUE_LIMIT',
    message: `No workstation took the command within ${minutes} minutes.`,
    retryable: false,
  };
}
