import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { aJob, ended, isAlive, Rig, SIMULATOR, simulated } from './rig.ts';

/** An adapter that serves, and does with each job what its parameter `script` says. */
const SERVING = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  if (process.argv[2] !== '--serve') process.exit(2);
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => process.exit(3));
  lines.on('line', async (line) => {
    const job = JSON.parse(readFileSync(JSON.parse(line).jobFile, 'utf8'));
    const done = () => console.log(JSON.stringify({ type: 'done', attemptId: job.attemptId }));
    console.log('pid ' + process.pid);
    await eval('(async () => {' + (job.parameters.script ?? '') + '})()');
    writeFileSync(job.resultFile, JSON.stringify({ schemaVersion: 1, outcome: 'succeeded', outputs: [] }));
    done();
  });
`;

describe('an adapter that serves', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());

  const start = async (keepWarm: string, seats = 1) => {
    const adapters = await rig.adapter(SERVING);
    return rig.agent({ seats, adapters: adapters.map((adapter) => ({ ...adapter, keepWarm })) });
  };
  const job = (script = '', changes: Partial<Job> = {}) => aJob({ ...changes, parameters: { script } });
  const pidOf = (lines: readonly string[] | undefined) =>
    Number(lines?.find((line) => line.startsWith('pid '))?.slice(4));
  const runs = async (script = '', changes: Partial<Job> = {}) => {
    const result = await rig.run(job(script, changes));
    return { ...result, pid: pidOf(result.logTail) };
  };

  it('runs one job after another in the same process, which ends after its idle time', async () => {
    await start('PT1S');
    const [first, second] = [await runs(), await runs()];
    expect([first.kind, second.kind]).toEqual(['succeeded', 'succeeded']);
    expect(second.pid).toBe(first.pid);
    await ended(first.pid);
    const third = await runs();
    expect(third.kind).toBe('succeeded');
    expect(third.pid).not.toBe(first.pid);
  });

  it('is never one of more processes than seats, whichever applications come at once', async () => {
    const [adapter] = await rig.adapter(SERVING);
    const applications = ['esprit', 'solidworks'] as const;
    const adapters = applications.map((application) => ({ ...adapter!, application, keepWarm: 'PT1M' }));
    await rig.agent({ seats: 2, adapters });
    const idle = await runs();
    const both = [1, 2].map(() =>
      job('await new Promise((resolve) => setTimeout(resolve, 500));', {
        application: 'solidworks',
        commandType: 'ExportModel',
      }),
    );
    rig.api.offer(...both);
    await rig.ringBell();
    const pids = [pidOf((await rig.result()).logTail), pidOf((await rig.result()).logTail)];
    expect(new Set([idle.pid, ...pids]).size).toBe(3);
    expect(await Promise.all([idle.pid, ...pids].map(isAlive))).toEqual([false, true, true]);
  });

  it.each([
    ['crashes', 'process.exit(9);', { code: 'ESPRIT_CRASHED', retryable: true }],
    ['ends without a word', 'process.exit(0);', { code: 'ESPRIT_CRASHED', retryable: true }],
    [
      'says that it is done without a result',
      'done(); await new Promise(() => {});',
      { code: 'ADAPTER_PROTOCOL' },
    ],
  ])('that %s fails that attempt, and the next job starts another', async (_name, script, error) => {
    await start('PT30S');
    const broken = await runs(script);
    expect(broken).toMatchObject({ kind: 'failed', error });
    const next = await runs();
    expect(next.kind).toBe('succeeded');
    expect(next.pid).not.toBe(broken.pid);
    await ended(broken.pid);
  });

  it('that dies while it waits is replaced', async () => {
    await start('PT30S');
    const { pid } = await runs('setTimeout(() => process.exit(9), 50);');
    await ended(pid);
    expect((await runs()).kind).toBe('succeeded');
  });

  it('is ended by a cancel', async () => {
    await start('PT30S');
    const hanging = job('await new Promise(() => {});', { heartbeatIntervalMs: 100 });
    const result = rig.run(hanging);
    const beat = await rig.api.seen(() =>
      rig.api.heartbeats.find(
        ({ attemptId, logTail }) => attemptId === hanging.attemptId && logTail.length > 0,
      ),
    );
    rig.api.heartbeatAnswers.set(hanging.attemptId, 'cancel');
    expect((await result).kind).toBe('cancelled');
    expect(await isAlive(pidOf(beat.logTail))).toBe(false);
    expect((await runs()).kind).toBe('succeeded');
  });

  it('ends with the agent', async () => {
    const agent = await start('PT30S');
    const { pid } = await runs();
    expect(await isAlive(pid)).toBe(true);
    expect(await agent.kill('SIGTERM')).toBe(0);
    expect(await isAlive(pid)).toBe(false);
  });

  it('may be the simulator: its licence is held by one process for all its jobs', async () => {
    const environment = { SIMULATOR_LEDGER: rig.ledgerFile };
    const command = [process.execPath, SIMULATOR];
    await rig.agent({ adapters: [{ application: 'esprit', command, environment, keepWarm: 'PT30S' }] });
    const jobs = [simulated({}), simulated({ fault: 'licence-busy' }), simulated({})];
    const kinds: string[] = [];
    for (const one of jobs) kinds.push((await rig.run(one)).kind);
    expect(kinds).toEqual(['succeeded', 'failed', 'succeeded']);
    const lines = (await readFile(rig.ledgerFile, 'utf8')).trim().split('\n');
    expect(new Set(lines.map((line) => (JSON.parse(line) as { pid: number }).pid)).size).toBe(1);
  });

  it('has no more processes than there are seats', async () => {
    await start('PT30S', 2);
    const jobs = Array.from({ length: 6 }, () => job('await new Promise((go) => setTimeout(go, 50));'));
    rig.api.offer(...jobs);
    await rig.ringBell();
    const pids = new Set<number>();
    for (const _job of jobs) pids.add(pidOf((await rig.result()).logTail));
    expect(pids.size).toBeLessThanOrEqual(2);
  });
});
