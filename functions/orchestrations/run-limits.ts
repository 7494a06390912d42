import type { OrchestrationContext } from 'durable-functions';
import { type Alarm, type RecordedLimits, limitMsOf } from '../../shared/cam-commands/decide-waits.ts';
import type { AttemptKey } from '../../shared/cam-commands/index.ts';
import { type Steps, perform } from './run-steps.ts';

/** The limits of a run and what is known of the whole command's. */
export interface CommandClock {
  readonly limits: RecordedLimits;
  /** Limits are looked at in SQL; a run that version 0.1 began takes its timer's word. */
  readonly looks: boolean;
  /** From when on the whole command's time counts. */
  readonly since: Date;
  /** When the whole command's limit is looked at next; undefined when it has none (any more). */
  by: Date | undefined;
}

export interface Looked {
  readonly late: boolean;
  /** When to look again; undefined when the limit binds nothing any more. */
  readonly at: Date | undefined;
}

/** Whether a limit whose time has come is passed: time in which the command was paused does not count. */
export function* lookAtLimit(
  context: OrchestrationContext,
  clock: CommandClock,
  about: {
    readonly key: AttemptKey;
    readonly limit: Alarm['limit'];
    readonly since: Date;
    readonly traceparent: string | undefined;
  },
): Steps<Looked> {
  const limitMs = limitMsOf(clock.limits, about.limit);
  if (!clock.looks || limitMs === undefined) return { late: true, at: undefined };
  const { late, lookAgainAt } = yield* perform(context, 'checkLimit', {
    ...about,
    since: about.since.toISOString(),
    limitMs,
  });
  return { late, at: late || lookAgainAt === null ? undefined : new Date(lookAgainAt) };
}
