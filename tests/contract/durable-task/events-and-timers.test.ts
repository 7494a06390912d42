import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as df from 'durable-functions';
import { gate, startHarness, until, type Harness } from './harness.ts';

const ran: unknown[] = [];
let hold = gate();
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

df.app.activity('note', { handler: (input: unknown) => void ran.push(input) });
df.app.activity('hold', { handler: () => hold.promise });

/** Waits for `count` events of one name, one after another. */
df.app.orchestration('collect', function* (context) {
  const { name, count } = context.df.getInput<{ name: string; count: number }>();
  const received: unknown[] = [];
  while (received.length < count) received.push((yield context.df.waitForExternalEvent(name)) as unknown);
  return received;
});
/** Is busy with an activity before it waits. */
df.app.orchestration('busy-then-wait', function* (context) {
  yield context.df.callActivity('hold');
  const first: unknown = yield context.df.waitForExternalEvent('go');
  const second: unknown = yield context.df.waitForExternalEvent('go');
  return [first, second];
});
/** Races an event against a timer and cancels the timer when it has lost. */
df.app.orchestration('race', function* (context) {
  const deadline = new Date(context.df.currentUtcDateTime.getTime() + minuteMs);
  const timer = context.df.createTimer(deadline);
  const event = context.df.waitForExternalEvent('go');
  const winner = yield context.df.Task.any([event, timer]);
  if (winner === timer) return 'timer';
  timer.cancel();
  return 'event';
});
df.app.orchestration('race-without-cancel', function* (context) {
  const deadline = new Date(context.df.currentUtcDateTime.getTime() + minuteMs);
  yield context.df.Task.any([context.df.waitForExternalEvent('go'), context.df.createTimer(deadline)]);
  context.df.setCustomStatus('decided');
  return 'event';
});
df.app.orchestration('sleep', function* (context) {
  const ms = context.df.getInput<number>();
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + ms));
  return context.df.currentUtcDateTime.toISOString();
});
/** Gives up waiting for an event, does something else, and waits for the same name again. */
df.app.orchestration('stale-waiter', function* (context) {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + minuteMs));
  yield context.df.Task.any([context.df.waitForExternalEvent('go'), timer]);
  yield context.df.callActivity('hold');
  context.df.setCustomStatus('waiting again');
  return (yield context.df.waitForExternalEvent('go')) as unknown;
});
/** Uses a pending task in a second Task.any. */
df.app.orchestration('reuses-a-task', function* (context) {
  const pending = context.df.callActivity('hold');
  yield context.df.Task.any([pending, context.df.waitForExternalEvent('first')]);
  yield context.df.Task.any([pending, context.df.waitForExternalEvent('second')]);
  return 'ended';
});
df.app.orchestration('rounds', function* (context) {
  const { left, seen } = context.df.getInput<{ left: number; seen: unknown[] }>();
  if (seen.length === 0) yield context.df.callActivity('hold');
  const event: unknown = yield context.df.waitForExternalEvent('next');
  if (left === 1) return [...seen, event];
  context.df.setCustomStatus({ left });
  context.df.continueAsNew({ left: left - 1, seen: [...seen, event] });
  return undefined;
});

describe('external events and durable timers', () => {
  let harness: Harness;
  beforeEach(async () => {
    ran.length = 0;
    hold = gate();
    harness = await startHarness();
  });
  afterEach(async () => {
    expect(harness.faults).toEqual([]);
    await harness.dispose();
  });

  async function start(name: string, input?: unknown): Promise<string> {
    const id = await harness.client.startNew(name, { input });
    await until(async () => (await harness.client.getStatus(id)).runtimeStatus === 'Running');
    return id;
  }

  async function raise(id: string, name: string, data: unknown): Promise<void> {
    await harness.client.raiseEvent(id, name, data);
  }

  async function outputOf(id: string): Promise<unknown> {
    await harness.idle();
    const status = await harness.client.getStatus(id);
    expect(status.runtimeStatus).toBe('Completed');
    return status.output;
  }

  async function statusOf(id: string): Promise<string> {
    await harness.idle();
    return (await harness.client.getStatus(id)).runtimeStatus;
  }

  it('gives events of one name to their waiters in the order they were raised', async () => {
    const id = await start('collect', { name: 'go', count: 5 });
    for (let index = 0; index < 5; index++) await raise(id, 'go', { index });
    expect(await outputOf(id)).toEqual([0, 1, 2, 3, 4].map((index) => ({ index })));
  });

  it('keeps events raised before the orchestrator waits for them', async () => {
    const id = await start('busy-then-wait');
    await raise(id, 'go', 1);
    await raise(id, 'other', 'nobody waits for this');
    await raise(id, 'go', 2);
    hold.open();
    expect(await outputOf(id)).toEqual([1, 2]);
  });

  it.each([
    ['null', null],
    ['an empty object', {}],
    ['a string', 'text'],
    ['1 MB', 'x'.repeat(1024 * 1024)],
  ])('carries %s as event data', async (_name, data) => {
    const id = await start('collect', { name: 'go', count: 1 });
    await raise(id, 'go', data);
    expect(await outputOf(id)).toEqual([data]);
  });

  it('does not give an event to a waiter of the same name in other letter case, as durable-functions on Azure', async () => {
    const id = await start('collect', { name: 'go', count: 1 });
    await raise(id, 'GO', 'loud');
    expect(await statusOf(id)).toBe('Running');
    await raise(id, 'go', 'quiet');
    expect(await outputOf(id)).toEqual(['quiet']);
  });

  it('fires a timer when its time has come, not before', async () => {
    const id = await start('sleep', minuteMs);
    await harness.idle();
    await harness.pass(minuteMs - 1);
    expect(await statusOf(id)).toBe('Running');
    await harness.pass(1);
    expect(await outputOf(id)).toBe('2030-01-01T00:01:00.000Z');
  });

  it('fires a timer whose time is past at once', async () => {
    const id = await start('sleep', -minuteMs);
    await harness.pass(0);
    expect(await outputOf(id)).toBe('2030-01-01T00:00:00.000Z');
  });

  it('keeps a timer of 30 days as one timer', async () => {
    const id = await start('sleep', 30 * dayMs);
    await harness.idle();
    await harness.pass(30 * dayMs - 1);
    expect(await statusOf(id)).toBe('Running');
    await harness.pass(1);
    expect(await outputOf(id)).toBe('2030-01-31T00:00:00.000Z');
    const created = (await historyOf(id)).filter((event) => event['EventType'] === 'TimerCreated');
    expect(created).toHaveLength(1);
  });

  it('lets the event win a race, and then keeps no timer armed', async () => {
    const id = await start('race');
    await harness.idle();
    expect(harness.clock.pending).toBe(1);
    await raise(id, 'go', null);
    expect(await outputOf(id)).toBe('event');
    await harness.pass(minuteMs);
    expect(harness.clock.pending).toBe(0);
  });

  it('lets the timer win a race; a late event is refused', async () => {
    const id = await start('race');
    await harness.pass(minuteMs);
    expect(await outputOf(id)).toBe('timer');
    await raise(id, 'go', null);
    expect(await outputOf(id)).toBe('timer');
  });

  it('lets the first of timer and event win when a suspended instance receives both', async () => {
    const id = await start('race');
    await harness.client.suspend(id, 'both');
    await harness.pass(minuteMs);
    await raise(id, 'go', null);
    await harness.client.resume(id, 'now');
    expect(await outputOf(id)).toBe('timer');
  });

  it('does not end before a timer that nobody cancelled, as on Azure', async () => {
    const id = await start('race-without-cancel');
    await raise(id, 'go', null);
    expect(await statusOf(id)).toBe('Running');
    expect((await harness.client.getStatus(id)).customStatus).toBe('decided');
    await harness.pass(minuteMs);
    expect(await outputOf(id)).toBe('event');
  });

  it('gives an event to an abandoned waiter of that name, so that the next waiter goes without, as on Azure', async () => {
    const id = await start('stale-waiter');
    await harness.idle();
    harness.clock.advance(minuteMs);
    await raise(id, 'go', 'taken by the stale waiter');
    hold.open();
    await until(async () => (await harness.client.getStatus(id)).customStatus === 'waiting again');
    expect(await statusOf(id)).toBe('Running');
    await raise(id, 'go', 'for the second waiter');
    expect(await outputOf(id)).toBe('for the second waiter');
  });

  it('starts a pending activity again when it stands in a second Task.any, as on Azure (durable-js issue 574)', async () => {
    const id = await start('reuses-a-task');
    await raise(id, 'first', null);
    await until(async () => (await scheduledActivities(id)) === 2);
    await raise(id, 'second', null);
    hold.open();
    expect(await outputOf(id)).toBe('ended');
  });

  it('continues as new with an empty history, the same id and its custom status', async () => {
    const id = await start('rounds', { left: 2, seen: [] });
    hold.open();
    await raise(id, 'next', 'a');
    await harness.idle();
    const between = await harness.client.getStatus(id);
    expect(between).toMatchObject({
      runtimeStatus: 'Running',
      customStatus: { left: 2 },
      input: { left: 1, seen: ['a'] },
    });
    expect((await historyOf(id)).map((event) => event['EventType'])).toEqual(['ExecutionStarted']);
    await raise(id, 'next', 'b');
    expect(await outputOf(id)).toEqual(['a', 'b']);
  });

  it('keeps events that were raised before a continue-as-new for the generations after it', async () => {
    const id = await start('rounds', { left: 4, seen: [] });
    for (const event of ['a', 'b', 'c', 'd']) await raise(id, 'next', event);
    hold.open();
    expect(await outputOf(id)).toEqual(['a', 'b', 'c', 'd']);
  });

  async function historyOf(id: string): Promise<Record<string, unknown>[]> {
    const response = await fetch(`${harness.rpcBaseUrl}instances/${id}?showHistory=true`);
    const { historyEvents } = (await response.json()) as { historyEvents: Record<string, unknown>[] };
    return historyEvents;
  }

  async function scheduledActivities(id: string): Promise<number> {
    return (await historyOf(id)).filter((event) => event['EventType'] === 'TaskScheduled').length;
  }
});
