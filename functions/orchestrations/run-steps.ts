import type { OrchestrationContext, Task, TimerTask } from 'durable-functions';
import { outageDelayMs } from '../../shared/cam-commands/decide.ts';
import type { AttemptKey } from '../../shared/cam-commands/index.ts';
import type {
  ActivityAnswers,
  ActivityInputs,
  ActivityName,
  RunInput,
  Unavailable,
} from './activity-contracts.ts';

/** A part of an orchestrator: yields tasks, returns T. */
export type Steps<T> = Generator<Task, T, unknown>;

/** How often an activity may throw before its error is taken for a defect. */
const ACTIVITY_FAILURES = 3;

/**
 * Runs an activity until the services it needs are there: an outage costs waiting here, and nothing else. One that throws is tried
 * again a little, as the cause may be a worker process that died under it; what it throws in the end is a defect.
 */
export function* perform<Name extends ActivityName>(
  context: OrchestrationContext,
  name: Name,
  input: ActivityInputs[Name],
): Steps<ActivityAnswers[Name]> {
  return (yield* performUnless(context, undefined, [name, input])) as ActivityAnswers[Name];
}

/** As `perform`, given up when the event comes while a service is away; undefined then. The activity may have had its effect. */
export function* performUnless<Name extends ActivityName>(
  context: OrchestrationContext,
  event: Task | undefined,
  [name, input]: readonly [name: Name, input: ActivityInputs[Name]],
): Steps<ActivityAnswers[Name] | undefined> {
  let failures = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = (yield context.df.callActivity(name, input)) as ActivityAnswers[Name] | Unavailable;
      if (!isUnavailable(answer)) return answer;
    } catch (error) {
      failures += 1;
      if (failures >= ACTIVITY_FAILURES) throw error;
    }
    if (event?.isCompleted) return undefined;
    const woken = yield* firstUntil(context, event ? [event] : [], later(context, outageDelayMs(tries)));
    if (!woken.timedOut) return undefined;
  }
}

/** The first of the tasks to complete. `Task.any` does not see one that completed before it was made. */
export function* first(context: OrchestrationContext, tasks: Task[]): Steps<Task> {
  const done = tasks.find((task) => task.isCompleted);
  if (done) return done;
  const [only, ...others] = tasks;
  if (only && others.length === 0) {
    yield only;
    return only;
  }
  return (yield context.df.Task.any(tasks)) as Task;
}

export type Woken = { readonly timedOut: true } | { readonly timedOut: false; readonly by: Task };

/**
 * The first of the tasks to complete, unless the instant comes before; without one it waits for good. A new timer for every wait,
 * cancelled when it lost: Durable would start one anew that is yielded twice
 * (https://github.com/Azure/azure-functions-durable-js/issues/574), and an instance does not end before every timer has.
 */
export function* firstUntil(
  context: OrchestrationContext,
  tasks: readonly Task[],
  until: Date | undefined,
): Steps<Woken> {
  const timer: TimerTask | undefined = until && context.df.createTimer(until);
  const by = yield* first(context, timer ? [...tasks, timer] : [...tasks]);
  if (by === timer) return { timedOut: true };
  timer?.cancel();
  return { timedOut: false, by };
}

export function later(context: OrchestrationContext, delayMs: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + delayMs);
}

export function keyOf({ message }: RunInput, attempt: number): AttemptKey {
  return { commandId: message.commandId, run: message.run ?? 1, attempt };
}

function isUnavailable(answer: unknown): answer is Unavailable {
  return typeof answer === 'object' && answer !== null && 'unavailable' in answer;
}
