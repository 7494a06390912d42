import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectLink } from '../../../cmdhost/link/client.ts';
import { aJob, ended, Rig, simulated } from './rig.ts';

const MAIN = join(import.meta.dirname, '../../../cmdhost/main.ts');
/** Says who started it and hangs. */
const TELLING = `process.stdin.resume().on('end', () => {}); setInterval(() => {}, 1000); console.log(process.ppid + ' ' + process.pid);`;

describe('the runner', () => {
  let rig: Rig;
  const runners: ChildProcess[] = [];
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) runner.kill('SIGKILL');
    await rig.stop();
  });

  /** A job that hangs, the process that started its adapter, and the adapter. */
  const hanging = async () => {
    const job = aJob();
    rig.api.offer(job);
    await rig.ringBell();
    const beat = await rig.api.seen(() =>
      rig.api.heartbeats.find(({ attemptId, logTail }) => attemptId === job.attemptId && logTail.length > 0),
    );
    const [runner = 0, adapter = 0] = beat.logTail[0]!.split(' ').map(Number);
    return { job, runner, adapter };
  };
  /** As the logon task starts it. */
  const session = (): ChildProcess => {
    const runner = spawn(process.execPath, [MAIN, 'runner', '--config', rig.configFile], { stdio: 'ignore' });
    runners.push(runner);
    return runner;
  };
  const announced = async (state: string, from = 0) =>
    rig.api.seen(() => rig.api.announces.slice(from).find(({ runner }) => runner === state));

  it('that dies takes its runs with it: they are reported lost, and another takes its place', async () => {
    const agent = await rig.agent({ adapters: await rig.adapter(TELLING) });
    const { job, runner, adapter } = await hanging();
    expect(runner).not.toBe(agent.process.pid);
    process.kill(runner, 'SIGKILL');
    expect(await rig.result()).toMatchObject({
      kind: 'lost',
      attemptId: job.attemptId,
      error: { code: 'RUNNER_LOST', retryable: true },
    });
    await ended(adapter);
    const next = await hanging();
    expect(next.runner).not.toBe(runner);
    rig.api.heartbeatAnswers.set(next.job.attemptId, 'cancel');
    expect((await rig.result()).kind).toBe('cancelled');
  });

  it('survives what is meant for the agent, and ends with it', async () => {
    const agent = await rig.agent({ adapters: await rig.adapter(TELLING) });
    const { runner } = await hanging();
    process.kill(runner, 'SIGTERM');
    process.kill(runner, 'SIGINT');
    const second = await hanging();
    expect(second.runner).toBe(runner);
    await agent.kill('SIGKILL');
    await ended(runner);
    await ended(second.adapter);
  });

  it('of a session comes and goes: without it nothing is claimed', async () => {
    rig.api.offer(simulated({}));
    await rig.agent({ runner: { mode: 'session' }, idlePollInterval: 'PT0.1S' });
    expect(rig.api.announces).toMatchObject([{ runner: 'absent' }]);
    expect(rig.api.claims).toEqual([]);
    const first = session();
    expect((await rig.result()).kind).toBe('succeeded');
    await announced('connected');

    const running = simulated({ fault: 'hang' });
    rig.api.offer(running);
    await rig.ringBell();
    const pid = await rig.machining(running.attemptId);
    const before = rig.api.announces.length;
    first.kill('SIGTERM');
    expect(await rig.result()).toMatchObject({ kind: 'lost', error: { code: 'RUNNER_LOST' } });
    await ended(pid);
    await announced('absent', before);

    rig.api.offer(simulated({}));
    session();
    expect((await rig.result()).kind).toBe('succeeded');
    await announced('connected', before);
  });

  it('of a session ends its runs when the agent dies, and serves the next agent', async () => {
    const agent = await rig.agent({ runner: { mode: 'session' } });
    session();
    const running = simulated({ fault: 'hang' });
    rig.api.offer(running);
    await rig.ringBell();
    const pid = await rig.machining(running.attemptId);
    await agent.kill();
    await ended(pid);
    await rig.agent({ runner: { mode: 'session' } });
    expect((await rig.result()).kind).toBe('lost');
    expect((await rig.run(simulated({}))).kind).toBe('succeeded');
  });
});

describe('the connection to the agent', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());
  const socketFile = () => join(rig.workFolder, 'agent.sock');
  const secretFile = () => join(rig.workFolder, 'link.secret');
  const join_ = async (role: 'runner' | 'control' = 'control') =>
    connectLink({ workFolder: rig.workFolder, role, maxLength: 1000, onMessage: () => undefined });

  it('is open to the account of the agent alone', async () => {
    await rig.agent();
    for (const file of [socketFile(), secretFile()]) expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is refused to a program that does not know the secret', async () => {
    await rig.agent({ runner: { mode: 'session' } });
    await writeFile(secretFile(), 'ab'.repeat(32));
    await expect(join_()).rejects.toThrow('the other side does not know the secret');
    const socket = connect(socketFile());
    const hello = { type: 'hello', role: 'runner', nonce: 'cd'.repeat(32) };
    const proof = createHmac('sha256', 'guess').update('guess').digest('hex');
    socket.write(
      `${JSON.stringify(hello)}\n${JSON.stringify({ type: 'answer', proof })}\n{"type":"ready"}\n`,
    );
    socket.resume();
    await once(socket, 'close');
    expect(rig.api.announces).toMatchObject([{ runner: 'absent' }]);
  });

  it('is given up by a runner whose agent is another program', async () => {
    const agent = await rig.agent();
    await agent.kill();
    const server = createServer((socket) => {
      socket.write(
        `${JSON.stringify({ type: 'challenge', nonce: 'ef'.repeat(32), proof: 'ef'.repeat(32) })}\n`,
      );
    });
    const other = join(rig.workFolder, 'agent.sock');
    await import('node:fs/promises').then(async ({ rm }) => rm(other, { force: true }));
    server.listen(other);
    await once(server, 'listening');
    await expect(join_('runner')).rejects.toThrow('the other side does not know the secret');
    server.close();
  });
});
