import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Holds } from '../../../local/control/holds.ts';
import { offerSwitches } from '../../../local/control/part.ts';
import { ProcessSwitches } from '../../../local/control/processes.ts';
import { remoteSwitches } from '../../../local/control/remote.ts';
import { type ControlServer, startControlServer } from '../../../local/control/server.ts';
import { writeFileAtomic } from '../../../local/state-file.ts';
import { Faults } from '../../../local/service-bus/faults/faults.ts';

let stateDir: string;
let server: ControlServer;
let processes: ProcessSwitches;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'control-'));
  await writeFileAtomic(join(stateDir, 'pids.json'), '{}');
  processes = new ProcessSwitches(stateDir);
  server = await startControlServer({
    broker: remoteSwitches('service-bus', stateDir),
    host: remoteSwitches('functions-host', stateDir),
    processes,
  });
});
afterEach(async () => {
  processes.stop();
  await server.stop();
  for (const end of ends.splice(0).reverse()) await end();
  await rm(stateDir, { recursive: true, force: true });
});

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as unknown };
}

describe('the control API', () => {
  it('reaches the switches of a broker in another process, shows and resets them', async () => {
    ends.push(await offerSwitches('service-bus', stateDir, new Faults()));
    const changed = await call('POST', '/broker', { fault: 'reorder', queue: 'q', count: 2 });
    expect(changed).toMatchObject({ status: 200, json: { queues: { q: { reorder: 2 } } } });
    expect((await call('GET', '/')).json).toMatchObject({ broker: { queues: { q: { reorder: 2 } } } });
    expect(await call('DELETE', '/broker')).toMatchObject({ status: 200, json: { queues: {} } });
  });

  it('says what is wrong with a request, and that a part is away', async () => {
    ends.push(await offerSwitches('service-bus', stateDir, new Faults()));
    const wrong = await call('POST', '/broker', { fault: 'reorder', queue: 'q', count: 0 });
    expect(wrong).toMatchObject({ status: 400, json: { message: expect.stringContaining('count') } });
    expect((await call('POST', '/host', { fault: 'hold', function: 'x' })).status).toBe(502);
    expect((await call('POST', '/nothing', {})).status).toBe(404);
  });

  it('refuses web pages, by their Origin or by another host name', async () => {
    const statusWith = async (headers: Record<string, string>): Promise<number | undefined> => {
      const sent = request(server.url, { headers }).end();
      const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    expect(await statusWith({ Origin: 'http://evil.example' })).toBe(403);
    expect(await statusWith({ Host: 'evil.example' })).toBe(403);
    expect(await statusWith({})).toBe(200);
  });

  it('holds functions until they are released', async () => {
    const holds = new Holds();
    ends.push(await offerSwitches('functions-host', stateDir, holds));
    await call('POST', '/host', { fault: 'hold', function: 'cam-results' });
    expect(holds.passed('cam-commands')).toBeUndefined();
    const began = holds.passed('cam-results');
    expect((await call('GET', '/host')).json).toEqual({ held: ['cam-results'], waiting: ['cam-results'] });
    await call('POST', '/host', { fault: 'release', function: 'cam-results' });
    await began;
    await call('POST', '/host', { fault: 'hold', function: '*' });
    const other = holds.passed('anything');
    await call('DELETE', '/host');
    await other;
  });
});

describe('the switches of processes', () => {
  async function running(name: string): Promise<ChildProcess> {
    const script = 'process.send?.("up"); setInterval(() => undefined, 1_000)';
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
    ends.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    });
    await writeFileAtomic(join(stateDir, 'pids.json'), JSON.stringify({ [name]: child.pid }));
    return child;
  }
  /** T is stopped (proc(5)). */
  const stateOf = ({ pid }: ChildProcess): string | undefined =>
    /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

  it('pause and resume a part', async () => {
    const child = await running('part');
    const paused = await call('POST', '/processes', { fault: 'pause', part: 'part' });
    expect(paused.json).toMatchObject({ paused: ['part'] });
    while (stateOf(child) !== 'T') await new Promise((resolve) => setImmediate(resolve));
    await call('DELETE', '/processes');
    while (stateOf(child) === 'T') await new Promise((resolve) => setImmediate(resolve));
    expect((await call('GET', '/processes')).json).toMatchObject({ paused: [] });
  });

  it.each([
    ['stop', 'SIGTERM'],
    ['kill', 'SIGKILL'],
  ])('%s ends it by %s', async (fault, signal) => {
    const exited = once(await running('part'), 'exit');
    await call('POST', '/processes', { fault, part: 'part' });
    expect(await exited).toEqual([null, signal]);
  });

  it('keep-away ends also the process that comes next, until a reset', async () => {
    const first = once(await running('part'), 'exit');
    await call('POST', '/processes', { fault: 'keep-away', part: 'part' });
    await first;
    const second = once(await running('part'), 'exit');
    expect(await second).toEqual([null, 'SIGKILL']);
    expect((await call('DELETE', '/processes')).json).toMatchObject({ away: [] });
  });

  it('names a part that does not run', async () => {
    const { status, json } = await call('POST', '/processes', { fault: 'kill', part: 'nobody' });
    expect([status, json]).toEqual([400, { message: 'no part "nobody" is running' }]);
  });
});
