import type { OrchestrationContext, Task } from 'durable-functions';
import type { AttemptOutcome } from '../../shared/cam-commands/decide.ts';
import { limitError, nextAlarm } from '../../shared/cam-commands/decide-waits.ts';
import type { AttemptKey, Enqueued } from '../../shared/cam-commands/index.ts';
import type { CommandError, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import { type CommandClock, lookAtLimit } from './run-limits.ts';
import { type Steps, firstUntil, later, perform, performUnless } from './run-steps.ts';

export interface Attempt {
  readonly key: AttemptKey;
  readonly cancel: Task;
  readonly clock: CommandClock;
  readonly traceparent: string | undefined;
}

export interface Ended {
  readonly outcome: AttemptOutcome;
  readonly cancelRequested: boolean;
  /** Set when the whole command's time was over before the attempt ended. */
  readonly overdue?: CommandError | undefined;
  readonly result?: ResultMessage;
}

/**
 * Queues one attempt and waits for its end: a result that stands, a lost lease, a cancellation or the end of a limit. The latter two
 * take it off the queue; an agent that has claimed it is asked to stop, and then it ends as the agent says or by its lost lease.
 */
export function* runAttempt(context: OrchestrationContext, attempt: Attempt): Steps<Ended> {
  const { key, cancel, clock, traceparent } = attempt;
  const enqueued = yield* perform(context, 'enqueueAttempt', { key, traceparent });

  const { run, attempt: number } = key;
  const lost = context.df.waitForExternalEvent(`lost.${run}.${number}`);
  let result = context.df.waitForExternalEvent(`result.${run}.${number}`);
  const queuedAt = later(context, 0);
  /** Until when a workstation may take it; undefined once one has, or none shall. */
  let claimBy: Date | undefined = later(context, clock.limits.queueMs);
  let cancelRequested = false;
  let overdue: CommandError | undefined;

  for (;;) {
    const alarm = nextAlarm({ queue: claimBy, command: cancelRequested ? undefined : clock.by });
    const open: Task[] = cancelRequested ? [result, lost] : [result, lost, cancel];
    const woken = yield* firstUntil(context, open, alarm?.at);

    if (!woken.timedOut && woken.by === result) {
      const message = result.result as ResultMessage;
      const asked = cancelRequested || overdue !== undefined;
      const outcome = yield* judge(context, attempt, { message, enqueued, asked });
      if (outcome) return { outcome, result: message, cancelRequested, overdue };
      result = context.df.waitForExternalEvent(`result.${run}.${number}`);
      continue;
    }
    if (!woken.timedOut && woken.by === lost) return { outcome: { kind: 'lost' }, cancelRequested, overdue };

    let tooLate: CommandError | undefined;
    if (woken.timedOut && alarm) {
      const { limit } = alarm;
      const since = limit === 'queue' ? queuedAt : clock.since;
      const looked = yield* lookAtLimit(context, clock, { key, limit, since, traceparent });
      if (limit === 'queue') claimBy = looked.at;
      else clock.by = looked.at;
      if (!looked.late) continue;
      tooLate = limitError(limit, clock.limits);
      if (limit === 'command') overdue = tooLate;
    } else {
      cancelRequested = true;
    }
    claimBy = undefined;
    const ask = cancelRequested || overdue !== undefined;
    const state = yield* perform(context, 'withdrawAttempt', { key, ask, traceparent });
    if (state === 'claimed') continue;
    const outcome: AttemptOutcome = tooLate ? { kind: 'failed', error: tooLate } : { kind: 'cancelled' };
    return { outcome, cancelRequested, overdue };
  }
}

interface Reported {
  readonly message: ResultMessage;
  readonly enqueued: Enqueued;
  /** The agent has been asked to stop. */
  readonly asked: boolean;
}

/** What a result message means; undefined when it is not of this attempt (any more) and has no effect. */
function* judge(
  context: OrchestrationContext,
  { key, cancel, clock, traceparent }: Attempt,
  { message, enqueued, asked }: Reported,
): Steps<AttemptOutcome | undefined> {
  if (message.attemptId !== enqueued.attemptId || message.fence !== enqueued.fence) return undefined;
  switch (message.kind) {
    case 'succeeded': {
      const success = yield* performUnless(context, clock.looks ? cancel : undefined, [
        'completeCommand',
        { key, result: message, traceparent },
      ]);
      if (!success) return { kind: 'cancelled' };
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
      return { kind: asked ? 'cancelled' : 'lost' };
    case 'lost':
      return { kind: 'lost', error: message.error };
  }
}
