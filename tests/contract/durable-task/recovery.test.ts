import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as df from 'durable-functions';
import { startDurableBackend } from '../../../local/durable-task/backend.ts';
import { gate, startHarness, until, type Harness } from './harness.ts';
import { registeredWorker } from './worker.ts';

const ran: string[] = [];
let hold = gate<string>();
let codeVersion = 1;

df.app.activity('quick-step', {
  handler: (input: string) => {
    ran.push(input);
    return input;
  },
});
df.app.activity('long-step', {
  handler: () => {
    ran.push('long');
    return hold.promise;
  },
});
df.app.activity('other-step', { handler: () => 'other' });
df.app.orchestration('two-steps', function* (context) {
  const first: unknown = yield context.df.callActivity('quick-step', 'first');
  const second: unknown = yield context.df.callActivity('long-step');
  return [first, second];
});
df.app.orchestration('waits-long', function* (context) {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60_000));
  const event = context.df.waitForExternalEvent('go');
  const winner = yield context.df.Task.any([timer, event]);
  if (winner === event) timer.cancel();
  return winner === event ? event.result : 'timer';
});
df.app.orchestration('changing', function* (context) {
  yield context.df.callActivity(codeVersion === 1 ? 'quick-step' : 'other-step', 'x');
  yield context.df.waitForExternalEvent('go');
  return 'done';
});
df.app.orchestration('shrinking', function* (context) {
  if (codeVersion === 1) yield context.df.callActivity('quick-step', 'x');
  yield context.df.waitForExternalEvent('go');
  return 'done';
});

describe('a backend that starts again', () => {
  let harness: Harness;
  beforeEach(async () => {
    ran.length = 0;
    hold = gate();
    codeVersion = 1;
    harness = await startHarness();
  });
  afterEach(() => harness.dispose());

  it('runs an activity in flight again, and never one that had completed', async () => {
    const id = await harness.client.startNew('two-steps');
    await until(() => ran.includes('long'));
    await harness.restart();
    await until(() => ran.filter((step) => step === 'long').length === 2);
    hold.open('late');
    await harness.idle();
    expect((await harness.client.getStatus(id)).output).toEqual(['first', 'late']);
    expect(ran).toEqual(['first', 'long', 'long']);
  });

  it('fires a timer that came due while it was away', async () => {
    const id = await harness.client.startNew('waits-long');
    await harness.idle();
    await harness.restart();
    await harness.pass(60_000);
    expect((await harness.client.getStatus(id)).output).toBe('timer');
  });

  it('keeps events and suspension', async () => {
    const id = await harness.client.startNew('waits-long');
    await harness.idle();
    await harness.client.suspend(id, 'maintenance');
    await harness.client.raiseEvent(id, 'go', 'kept');
    await harness.restart();
    await harness.idle();
    expect((await harness.client.getStatus(id)).runtimeStatus).toBe('Suspended');
    await harness.client.resume(id, 'done');
    await harness.idle();
    expect((await harness.client.getStatus(id)).output).toBe('kept');
  });

  it.each([
    ['changing', /sequence number 0, the replay has the activity 'other-step'/],
    ['shrinking', /the activity 'quick-step' with sequence number 0, the replay has nothing there/],
  ])('fails an instance whose orchestrator (%s) no longer fits its history', async (name, message) => {
    const id = await harness.client.startNew(name);
    await harness.idle();
    codeVersion = 2;
    await harness.restart();
    await harness.client.raiseEvent(id, 'go', null);
    await harness.idle();
    const status = await harness.client.getStatus(id);
    expect(status.runtimeStatus).toBe('Failed');
    expect(status.output).toMatch(/^Non-Deterministic workflow detected: /);
    expect(status.output).toMatch(message);
  });
});

describe('the database file', () => {
  it('is refused with a sentence when it is not a database', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'durable-task-'));
    const databasePath = join(folder, 'durable.db');
    await writeFile(
      databasePath,
      'this is not a database, just a text file that somebody put here'.repeat(20),
    );
    const start = startDurableBackend({ databasePath, hubName: 'TestHub', worker: registeredWorker() });
    await expect(start).rejects.toThrow(/durable\.db cannot be opened: file is not a database/);
    await rm(folder, { recursive: true });
  });
});

describe('a backend killed with kill -9', () => {
  const instances = 10;
  const steps = 5;
  const children: ChildProcess[] = [];
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'durable-task-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(folder, { recursive: true });
  });

  it('goes on exactly where it was, each time: every step of every instance, no completed one again', async () => {
    let { child, rpcBaseUrl } = await startChild();
    for (let instance = 0; instance < instances; instance++)
      await fetch(`${rpcBaseUrl}orchestrators/steps/run-${instance}`, {
        method: 'POST',
        body: JSON.stringify({ instance, steps }),
      });
    const kills = 4;
    for (let round = 1; round <= kills; round++) {
      const target = (instances * steps * round) / (kills + 1);
      await until(async () => (await ledger()).length >= target);
      await kill(child);
      ({ child, rpcBaseUrl } = await startChild());
    }
    await until(async () =>
      (await statuses(rpcBaseUrl)).every((status) => status.runtimeStatus === 'Completed'),
    );

    const expected = Array.from({ length: steps }, (_, step) => step);
    expect((await statuses(rpcBaseUrl)).map((status) => status.output)).toEqual(
      Array.from({ length: instances }, () => expected),
    );
    // At least once: a step may stand twice only where a kill fell between its run and its record, and then in sequence.
    const lines = await ledger();
    for (let instance = 0; instance < instances; instance++) {
      const ownSteps = lines
        .filter((line) => line.startsWith(`${instance} `))
        .map((line) => Number(line.split(' ')[1]));
      expect(ownSteps).toEqual(ownSteps.toSorted((a, b) => a - b));
      expect([...new Set(ownSteps)]).toEqual(expected);
    }
    expect(lines.length).toBeLessThanOrEqual(instances * steps + kills * instances);
  });

  it('runs an activity again in whose middle it was killed, and nothing of before or after twice', async () => {
    let { child, rpcBaseUrl } = await startChild();
    await fetch(`${rpcBaseUrl}orchestrators/holds/held-run`, { method: 'POST' });
    for (let kills = 1; kills <= 2; kills += 1) {
      await until(async () => (await ledger()).filter((line) => line === 'held begins').length === kills);
      await kill(child);
      ({ child, rpcBaseUrl } = await startChild());
    }
    await writeFile(join(folder, 'ledger.open'), '');
    await until(async () => (await statusOf(rpcBaseUrl, 'held-run')).runtimeStatus === 'Completed');
    expect((await statusOf(rpcBaseUrl, 'held-run')).output).toEqual([0, 'held', 1]);
    expect(await ledger()).toEqual(['0 0', 'held begins', 'held begins', 'held begins', 'held ends', '0 1']);
  });

  it('fires a timer in whose middle it was killed, once and not before its time, and keeps the next one', async () => {
    const ms = 1_000;
    let { child, rpcBaseUrl } = await startChild();
    await fetch(`${rpcBaseUrl}orchestrators/sleeps/asleep`, { method: 'POST', body: JSON.stringify(ms) });
    await until(async () => (await statusOf(rpcBaseUrl, 'asleep')).runtimeStatus === 'Running');
    await kill(child);
    ({ child, rpcBaseUrl } = await startChild());
    await until(async () => (await statusOf(rpcBaseUrl, 'asleep')).customStatus === 'slept');
    await kill(child);
    ({ child, rpcBaseUrl } = await startChild());
    await fetch(`${rpcBaseUrl}instances/asleep/raiseEvent/go`, {
      method: 'POST',
      body: '"awake"',
      headers: { 'content-type': 'application/json' },
    });
    await until(async () => (await statusOf(rpcBaseUrl, 'asleep')).runtimeStatus === 'Completed');
    const output = (await statusOf(rpcBaseUrl, 'asleep')).output as { tookMs: number; event: unknown };
    expect(output.event).toBe('awake');
    expect(output.tookMs).toBeGreaterThanOrEqual(ms);
    const history = await (await fetch(`${rpcBaseUrl}instances/asleep?showHistory=true`)).text();
    expect(history.match(/TimerFired/g)).toHaveLength(1);
  });

  it('keeps what it answered right before it was killed: a start, an event, a suspension', async () => {
    let { child, rpcBaseUrl } = await startChild();
    await fetch(`${rpcBaseUrl}orchestrators/sleeps/kept`, { method: 'POST', body: '0' });
    await kill(child);
    ({ child, rpcBaseUrl } = await startChild());
    await until(async () => (await statusOf(rpcBaseUrl, 'kept')).customStatus === 'slept');
    await fetch(`${rpcBaseUrl}instances/kept/suspend?reason=hold`, { method: 'POST' });
    await kill(child);
    ({ child, rpcBaseUrl } = await startChild());
    expect((await statusOf(rpcBaseUrl, 'kept')).runtimeStatus).toBe('Suspended');
    await fetch(`${rpcBaseUrl}instances/kept/raiseEvent/go`, {
      method: 'POST',
      body: '"kept"',
      headers: { 'content-type': 'application/json' },
    });
    await kill(child);
    ({ child, rpcBaseUrl } = await startChild());
    await fetch(`${rpcBaseUrl}instances/kept/resume?reason=on`, { method: 'POST' });
    await kill(child);
    ({ child, rpcBaseUrl } = await startChild());
    await until(async () => (await statusOf(rpcBaseUrl, 'kept')).runtimeStatus === 'Completed');
    expect((await statusOf(rpcBaseUrl, 'kept')).output).toMatchObject({ event: 'kept' });
  }, 60_000);

  async function statusOf(
    rpcBaseUrl: string,
    id: string,
  ): Promise<{ runtimeStatus: string; output: unknown; customStatus: unknown }> {
    const response = await fetch(`${rpcBaseUrl}instances/${id}`);
    return (await response.json()) as { runtimeStatus: string; output: unknown; customStatus: unknown };
  }

  async function startChild(): Promise<{ child: ChildProcess; rpcBaseUrl: string }> {
    const script = new URL('./recovery-app.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, join(folder, 'durable.db'), join(folder, 'ledger')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout }))
      return { child, ...(JSON.parse(line) as { rpcBaseUrl: string }) };
    throw new Error('the process with the backend ended before it was ready');
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async function ledger(): Promise<string[]> {
    const text = await readFile(join(folder, 'ledger'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text.split('\n').filter((line) => line !== '');
  }

  async function statuses(rpcBaseUrl: string): Promise<{ runtimeStatus: string; output: unknown }[]> {
    const response = await fetch(`${rpcBaseUrl}instances/`);
    return (await response.json()) as { runtimeStatus: string; output: unknown }[];
  }
});
