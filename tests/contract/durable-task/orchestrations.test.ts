import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as df from 'durable-functions';
import { gate, startHarness, until, type Harness } from './harness.ts';

const ran: string[] = [];
let hold = gate();

df.app.activity('echo', {
  handler: (input: unknown) => {
    ran.push(JSON.stringify(input));
    return input;
  },
});
df.app.activity('nothing', { handler: () => undefined });
df.app.activity('boom', {
  handler: (input: string) => {
    ran.push(`boom ${input}`);
    throw new TypeError(`no ${input} here`);
  },
});
let failuresLeft = 0;
df.app.activity('flaky', {
  handler: () => {
    ran.push('flaky');
    if (failuresLeft-- > 0) throw new Error('not yet');
    return 'done';
  },
});
df.app.activity('held', { handler: () => hold.promise });

df.app.orchestration('chain', function* (context) {
  const first: unknown = yield context.df.callActivity('echo', 1);
  const second: unknown = yield context.df.callActivity('echo', [first, 'two']);
  const third: unknown = yield context.df.callActivity('echo', 'three');
  return { first, second, third };
});
df.app.orchestration('inputs', function* (context) {
  const input: unknown = context.df.getInput();
  const echoed: unknown = yield context.df.callActivity('echo', input);
  const nothing: unknown = yield context.df.callActivity('nothing');
  return { input, echoed, nothing };
});
df.app.orchestration('fan-out', function* (context) {
  const count = context.df.getInput<number>();
  const tasks = Array.from({ length: count }, (_, index) => context.df.callActivity('echo', index));
  return (yield context.df.Task.all(tasks)) as unknown;
});
df.app.orchestration('catches', function* (context) {
  try {
    yield context.df.callActivity('boom', 'cheese');
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
});
df.app.orchestration('fails', function* (context) {
  context.df.setCustomStatus({ step: 'last words' });
  yield context.df.callActivity('echo', 1);
  throw new RangeError('out of range');
});
df.app.orchestration('lets-fail', function* (context) {
  yield context.df.callActivity('boom', 'bread');
});
df.app.orchestration('retries', function* (context) {
  const options = new df.RetryOptions(1_000, 3);
  options.backoffCoefficient = 2;
  return (yield context.df.callActivityWithRetry('flaky', options)) as unknown;
});
df.app.orchestration('reports', function* (context) {
  context.df.setCustomStatus({ phase: 1 });
  yield context.df.callActivity('held');
  context.df.setCustomStatus({ phase: 2 });
  yield context.df.waitForExternalEvent('go');
  return 'reported';
});
df.app.orchestration('trace', function* (context) {
  const seen: unknown[] = [];
  seen.push([context.df.isReplaying, context.df.currentUtcDateTime.toISOString()]);
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
  seen.push([context.df.isReplaying, context.df.currentUtcDateTime.toISOString()]);
  yield context.df.callActivity('echo', 'x');
  seen.push([context.df.isReplaying, context.df.newGuid('x') === context.df.newGuid('x')]);
  return { seen, id: context.df.instanceId };
});
df.app.orchestration('sub', function* (context) {
  return (yield context.df.callSubOrchestrator('chain')) as unknown;
});
df.app.orchestration('unknown-activity', function* (context) {
  return (yield context.df.callActivity('not-there')) as unknown;
});
df.app.orchestration('first-of-two', function* (context) {
  const slow = context.df.callActivity('held');
  const fast = context.df.callActivity('echo', 'fast');
  const winner = yield context.df.Task.any([slow, fast]);
  context.df.setCustomStatus('decided');
  return winner === fast ? 'fast' : 'slow';
});
df.app.orchestration('all-or-error', function* (context) {
  try {
    yield context.df.Task.all([context.df.callActivity('boom', 'salt'), context.df.callActivity('held')]);
  } catch {
    context.df.setCustomStatus('caught');
    return (yield context.df.callActivity('echo', 'after')) as unknown;
  }
  return 'no error';
});

describe('orchestrations and activities', () => {
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

  async function run(name: string, input?: unknown): Promise<df.DurableOrchestrationStatus> {
    const id = await harness.client.startNew(name, { input });
    await harness.idle();
    return await harness.client.getStatus(id);
  }

  it('runs activities one after another, each exactly once, and returns what the orchestrator returns', async () => {
    const status = await run('chain');
    expect(status.runtimeStatus).toBe('Completed');
    expect(status.output).toEqual({ first: 1, second: [1, 'two'], third: 'three' });
    expect(ran).toEqual(['1', '[1,"two"]', '"three"']);
  });

  it.each([
    ['an object', { a: { b: [1, null, 'ü', '"'] } }],
    ['a string', 'plain text'],
    ['a string of digits', '12'],
    ['a number', 3.5],
    ['a boolean', false],
    ['a list', [1, [2]]],
  ])('hands %s from the client through orchestrator and activity', async (_name, input) => {
    expect((await run('inputs', input)).output).toEqual({ input, echoed: input, nothing: null });
  });

  it('carries payloads of 1 MB', async () => {
    const input = { text: 'é'.repeat(1024 * 1024) };
    const status = await run('inputs', input);
    expect(status.output).toEqual({ input, echoed: input, nothing: null });
    expect(status.input).toEqual(input);
  });

  it('fans out and collects the results in order', async () => {
    expect((await run('fan-out', 50)).output).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it("gives an activity's failure to the orchestrator with function, message and details", async () => {
    const { output } = await run('catches');
    expect(output).toMatch(/^Activity function 'boom' failed: no cheese here/);
    expect(output).toContain('"Message":"no cheese here"');
    expect(output).toContain('StackTraceString');
  });

  it('fails an instance whose orchestrator throws, with its message and its last custom status', async () => {
    const status = await run('fails');
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toBe("Orchestrator function 'fails' failed: out of range");
    expect(status.customStatus).toEqual({ step: 'last words' });
  });

  it("fails an instance that does not catch an activity's failure", async () => {
    const status = await run('lets-fail');
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(
      /^Orchestrator function 'lets-fail' failed: Activity function 'boom' failed: no bread here/,
    );
  });

  it('retries an activity with the delays of its policy', async () => {
    failuresLeft = 2;
    const id = await harness.client.startNew('retries');
    await harness.idle();
    expect(ran).toEqual(['flaky']);
    await harness.pass(999);
    expect(ran).toHaveLength(1);
    await harness.pass(1);
    expect(ran).toHaveLength(2);
    await harness.pass(1_999);
    expect(ran).toHaveLength(2);
    await harness.pass(1);
    expect((await harness.client.getStatus(id)).output).toBe('done');
  });

  it('gives up after the last attempt of a policy', async () => {
    failuresLeft = 5;
    const id = await harness.client.startNew('retries');
    await harness.idle();
    for (let attempt = 0; attempt < 3; attempt++) await harness.pass(10_000);
    expect(ran).toHaveLength(3);
    expect((await harness.client.getStatus(id)).output).toMatch(/Activity function 'flaky' failed: not yet/);
  });

  it('shows the custom status while the orchestrator waits', async () => {
    const id = await harness.client.startNew('reports');
    await expectStatus(id, { phase: 1 });
    hold.open();
    await harness.idle();
    await expectStatus(id, { phase: 2 });
  });

  it('replays with the same time, and says so', async () => {
    const id = await harness.client.startNew('trace', { instanceId: 'trace-1' });
    await harness.idle();
    await harness.pass(60_000);
    expect((await harness.client.getStatus(id)).output).toEqual({
      seen: [
        [true, '2030-01-01T00:00:00.000Z'],
        [true, '2030-01-01T00:01:00.000Z'],
        [false, false],
      ],
      id: 'trace-1',
    });
  });

  it('ends only when the losing activity of a Task.any has ended, as on Azure', async () => {
    const id = await harness.client.startNew('first-of-two');
    await expectStatus(id, 'decided');
    expect((await harness.client.getStatus(id)).runtimeStatus).toBe('Running');
    hold.open();
    await harness.idle();
    expect((await harness.client.getStatus(id)).output).toBe('fast');
  });

  it('goes on after a failed Task.all only when all its activities have ended, as on Azure', async () => {
    const id = await harness.client.startNew('all-or-error');
    await expectStatus(id, 'caught');
    expect(ran).not.toContain('"after"');
    hold.open();
    await harness.idle();
    expect((await harness.client.getStatus(id)).output).toBe('after');
  });

  it('fails an instance that calls an activity nobody registered', async () => {
    expect((await run('unknown-activity')).output).toBe(
      "Orchestrator function 'unknown-activity' failed: The function 'not-there' doesn't exist, is disabled, or is not an activity function.",
    );
  });

  it('refuses sub-orchestrations by failing the instance with a sentence that says so', async () => {
    const status = await run('sub');
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toContain('does not offer sub-orchestrations');
  });

  it('keeps two instances of one orchestrator apart', async () => {
    const [one, two] = await Promise.all([run('inputs', 'one'), run('inputs', 'two')]);
    expect([one.output, two.output]).toEqual([
      { input: 'one', echoed: 'one', nothing: null },
      { input: 'two', echoed: 'two', nothing: null },
    ]);
  });

  it('runs 200 instances at once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 200 }, (_, index) => harness.client.startNew('inputs', { input: index })),
    );
    await harness.idle();
    const outputs = await Promise.all(ids.map(async (id) => (await harness.client.getStatus(id)).output));
    expect(outputs).toEqual(ids.map((_, index) => ({ input: index, echoed: index, nothing: null })));
    expect(ran).toHaveLength(200);
  });

  async function expectStatus(id: string, customStatus: unknown): Promise<void> {
    await until(async () => (await harness.client.getStatus(id)).customStatus !== null);
    expect((await harness.client.getStatus(id)).customStatus).toEqual(customStatus);
  }
});
