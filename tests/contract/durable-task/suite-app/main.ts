/**
 * The functions that the suites of this folder drive, as an app that can be deployed: no clock, gate or memory of a test is needed
 * to run them. Every name begins with `suite`, so that the app's task hub may be shared with nothing but itself.
 */
import { createHash } from 'node:crypto';
import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';

/** Names of the orchestrators. */
export const STEPS = 'suiteSteps';
export const COLLECT = 'suiteCollect';
export const TOGETHER = 'suiteTogether';
export const RACE = 'suiteRace';
export const LOG = 'suiteLog';
export const MANY = 'suiteMany';
export const LARGE = 'suiteLarge';
export const ROUNDS = 'suiteRounds';
export const FAILURES = 'suiteFailures';

/** A text by its length and SHA-256. */
export interface Digest {
  readonly length: number;
  readonly sha256: string;
}

export function digestOf(text: string): Digest {
  return { length: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

df.app.activity('suiteEcho', { handler: (input: unknown) => input });
df.app.activity('suiteFail', {
  handler: (input: string) => {
    throw new Error(`failed on purpose: ${input}`);
  },
});
df.app.activity('suiteRepeat', { handler: (length: number) => 'r'.repeat(length) });

/** Activities one after another: each gets what the one before returned, plus one. */
df.app.orchestration(STEPS, function* (context) {
  let value = 0;
  const steps = context.df.getInput<number>();
  for (let step = 0; step < steps; step += 1)
    value = 1 + ((yield context.df.callActivity('suiteEcho', value)) as number);
  return value;
});

/** Waits for the named events one after another and returns what they carried. */
df.app.orchestration(COLLECT, function* (context) {
  const received: unknown[] = [];
  for (const name of context.df.getInput<string[]>()) {
    received.push((yield context.df.waitForExternalEvent(name)) as unknown);
    context.df.setCustomStatus(received.length);
  }
  return received;
});

/** Two waiters of one name stand at a time. */
df.app.orchestration(TOGETHER, function* (context) {
  context.df.setCustomStatus('waiting');
  return (yield context.df.Task.all([
    context.df.waitForExternalEvent('go'),
    context.df.waitForExternalEvent('go'),
  ])) as unknown;
});

/** An event against a timer, then a step that the loser must not disturb. The timer is cancelled when it has lost. */
df.app.orchestration(RACE, function* (context) {
  const timer = context.df.createTimer(later(context, context.df.getInput<number>()));
  const event = context.df.waitForExternalEvent('go');
  context.df.setCustomStatus('racing');
  const winner = yield context.df.Task.any([timer, event]);
  if (winner === event) timer.cancel();
  const won: unknown = winner === event ? { event: event.result as unknown } : 'timer';
  return { won, after: (yield context.df.callActivity('suiteEcho', 'after')) as unknown };
});

/** Three waiters at once; logs in its custom status what came when, in the order in which it was told, and an activity after each. */
df.app.orchestration(LOG, function* (context) {
  const log: { name: string; at: string }[] = [];
  const open = new Set(['a', 'b', 'c']);
  context.df.setCustomStatus(log);
  while (open.size > 0) {
    const next = `next-${log.length}`;
    const name = (yield context.df.waitForExternalEvent(next)) as string;
    open.delete(name);
    log.push({ name, at: context.df.currentUtcDateTime.toISOString() });
    context.df.setCustomStatus([...log]);
    yield context.df.callActivity('suiteEcho', name);
  }
  return log;
});

/** Takes as many events of the name `item` as the input says. */
df.app.orchestration(MANY, function* (context) {
  const count = context.df.getInput<number>();
  const received: unknown[] = [];
  while (received.length < count) received.push((yield context.df.waitForExternalEvent('item')) as unknown);
  return received;
});

/** A large input, the same through an activity, a large result of an activity and a large event: by their digests. */
df.app.orchestration(LARGE, function* (context) {
  const input = context.df.getInput<string>();
  const echoed = (yield context.df.callActivity('suiteEcho', input)) as string;
  const made = (yield context.df.callActivity('suiteRepeat', input.length)) as string;
  const event = (yield context.df.waitForExternalEvent('data')) as string;
  return [input, echoed, made, event].map(digestOf);
});

/**
 * Round after round, each a race of that round's event and timer against one waiter for `cancel` that stands from start to end: what
 * ended each round. An activity runs between two rounds.
 */
df.app.orchestration(ROUNDS, function* (context) {
  const ms = context.df.getInput<number>();
  const cancel = context.df.waitForExternalEvent('cancel');
  const ends: string[] = [];
  while (!cancel.isCompleted) {
    const timer = context.df.createTimer(later(context, ms));
    const next = context.df.waitForExternalEvent(`next.${ends.length}`);
    const winner = yield context.df.Task.any([next, cancel, timer]);
    if (winner !== timer) timer.cancel();
    ends.push(winner === timer ? 'timer' : winner === next ? 'next' : 'cancel');
    context.df.setCustomStatus([...ends]);
    yield context.df.callActivity('suiteEcho', ends.length);
  }
  return ends;
});

/** Catches what an activity throws, twice, and goes on; what an orchestrator throws itself ends it. */
df.app.orchestration(FAILURES, function* (context) {
  const caught: string[] = [];
  for (const input of ['one', 'two'])
    try {
      yield context.df.callActivity('suiteFail', input);
    } catch (error) {
      caught.push(error instanceof Error ? error.message : String(error));
    }
  context.df.setCustomStatus(caught);
  yield context.df.callActivity('suiteEcho', 'between');
  throw new Error(`gave up after ${caught.length}`);
});

function later(context: OrchestrationContext, ms: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + ms);
}
