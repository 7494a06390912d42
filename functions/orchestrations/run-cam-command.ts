import type { OrchestrationContext, Task } from 'durable-functions';
import { type Tally, decideNext, jitterOf } from '../../shared/cam-commands/decide.ts';
import { RUN_PROTOCOL, limitError, nextWake } from '../../shared/cam-commands/decide-waits.ts';
import type { CommandError } from '../../shared/cam-commands/contracts.ts';
import type { ActivityAnswers, RunInput, RunOutput } from './activity-contracts.ts';
import { runAttempt } from './run-attempt.ts';
import { type CommandClock, lookAtLimit } from './run-limits.ts';
import { type Steps, firstUntil, keyOf, later, perform } from './run-steps.ts';

/**
 * One run of a command, from queue to final state. Control flow only: what is decided is in `decide*.ts`, what is written is in the
 * activities. No clock, randomness, environment or I/O here: it is replayed from its history, also from one that version 0.1 began
 * (`RUN_PROTOCOL`).
 *
 * Events: `result.<run>.<attempt>` and `lost.<run>.<attempt>`, named so that a late one of an earlier attempt wakes nobody;
 * `retry-now.<run>.<attempt>`, the attempt to come, waited for in the backoff before it and nowhere else; and `cancel.<run>`, for
 * which one waiter stands from start to end (an abandoned one would swallow the event).
 */
export function* runCamCommand(context: OrchestrationContext): Steps<RunOutput | undefined> {
  const input: RunInput = context.df.getInput();
  const progress = { attempt: 1 };
  try {
    const begun = yield* perform(context, 'beginCommand', input);
    if (begun.kind === 'rejected') return { rejected: begun.reason };
    if (begun.kind === 'proceed') yield* runAttempts(context, { input, begun, progress });
    return undefined;
  } catch (error) {
    // A defect, not an outage: the command must not stay open with nobody at work on it.
    const given = yield* perform(context, 'failCommand', {
      key: keyOf(input, progress.attempt),
      error: { code: 'INTERNAL', message: 'MCMS could not carry on with this command.', retryable: false },
      defect: {
        cause: error instanceof Error ? error.message : String(error),
        message: input.message,
      },
      lost: false,
      traceparent: input.traceparent,
    });
    return given?.rejected ? { rejected: 'internal' } : undefined;
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
    cancelled = yield* waitForStart(context, new Date(begun.notBefore), cancel);

  const clock = startClock(context, begun);
  let tally: Tally = { failed: 0, lost: 0 };
  for (let attempt = 1; ; attempt += 1) {
    progress.attempt = attempt;
    const key = keyOf(input, attempt);
    if (cancelled || cancel.isCompleted) {
      yield* perform(context, 'cancelCommand', { key, traceparent });
      return;
    }
    const ended = yield* runAttempt(context, { key, cancel, clock, traceparent });
    const { result, overdue } = ended;
    const lost = ended.outcome.kind === 'lost';
    const decision = decideNext(begun.policy.retry, tally, ended.outcome, {
      cancelRequested: ended.cancelRequested || cancel.isCompleted,
      overdue,
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
      case 'retry': {
        tally = decision.tally;
        const { error, delayMs } = decision;
        yield* perform(context, 'retryCommand', { key, error, tally, delayMs, lost, result, traceparent });
        const wait: Backoff = { key, cancel, clock, traceparent, until: later(context, delayMs) };
        const waited = yield* waitForRetry(context, wait);
        if (waited.kind === 'overdue') {
          yield* perform(context, 'failCommand', { key, error: waited.error, lost: false, traceparent });
          return;
        }
        cancelled = waited.kind === 'cancelled';
      }
    }
  }
}

/** The whole command's time begins when its first attempt may: what was ordered for next week has not begun before. */
function startClock(context: OrchestrationContext, { protocol, policy }: Run['begun']): CommandClock {
  const { limits } = policy;
  const looks = protocol === RUN_PROTOCOL;
  const since = later(context, 0);
  return { limits, looks, since, by: looks ? later(context, limits.commandMs) : undefined };
}

/** Waits for the instant the command was ordered for; true when it was cancelled meanwhile. */
function* waitForStart(context: OrchestrationContext, until: Date, cancel: Task): Steps<boolean> {
  if (until.getTime() <= context.df.currentUtcDateTime.getTime()) return cancel.isCompleted;
  const woken = yield* firstUntil(context, [cancel], until);
  return !woken.timedOut;
}

interface Backoff {
  /** The attempt that ended. */
  readonly key: ReturnType<typeof keyOf>;
  readonly cancel: Task;
  readonly clock: CommandClock;
  readonly traceparent: string | undefined;
  readonly until: Date;
}

type Waited =
  | { readonly kind: 'go-on' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'overdue'; readonly error: CommandError };

/** Waits for the end of a backoff, which a person, a cancellation or the whole command's limit may bring forward. */
function* waitForRetry(context: OrchestrationContext, wait: Backoff): Steps<Waited> {
  const { key, cancel, clock, until, traceparent } = wait;
  const retryNow = context.df.waitForExternalEvent(`retry-now.${key.run}.${key.attempt + 1}`);
  for (;;) {
    if (cancel.isCompleted) return { kind: 'cancelled' };
    if (until <= context.df.currentUtcDateTime) return { kind: 'go-on' };
    const wake = nextWake(until, clock.by);
    const woken = yield* firstUntil(context, [cancel, retryNow], wake.at);
    if (!woken.timedOut) return { kind: woken.by === cancel ? 'cancelled' : 'go-on' };
    if (wake.for === 'retry') return { kind: 'go-on' };
    const { since, limits } = clock;
    const looked = yield* lookAtLimit(context, clock, { key, limit: 'command', since, traceparent });
    clock.by = looked.at;
    if (looked.late) return { kind: 'overdue', error: limitError('command', limits) };
  }
}
