import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../local/supervisor/pid-file.ts';
import { launchStack, startStack, until, type StartStackOptions } from '../support/stack.ts';

const entry = 'tests/e2e/stack-fakes/main.ts';
let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'mcms-supervisor-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const start = (options: StartStackOptions = {}) => startStack({ entry, stateDir, ...options });
const launch = (options: StartStackOptions = {}) => launchStack({ entry, stateDir, ...options });

/** What a stack that must not come up writes, with its exit code. */
async function failedStart(options: StartStackOptions): Promise<{ code: number | null; output: string }> {
  await using stack = await launch(options);
  await until(() => !isAlive(stack.pid), 'the failed start to end');
  return { code: await stack.end(), output: stack.output() };
}

describe('the start', () => {
  it('brings parts up after those they depend on, and says so with addresses, log files and ids', async () => {
    await using stack = await start();
    const pids = await stack.pids();
    expect(Object.keys(pids).toSorted()).toEqual(['broker', 'host', 'store', 'supervisor']);
    expect(pids['supervisor']).toBe(stack.pid);
    expect(await (await fetch(stack.baseUrl)).text()).toBe(String(pids['host']));
    expect(stack.output()).toMatch(/task +\d\.\d s +done/);
    expect(stack.output().search(/store +\d/)).toBeLessThan(stack.output().search(/host +\d/));
    expect(stack.output()).toMatch(/started in \d+\.\d s\nready\n$/);
    expect(stack.output()).toContain('[host] one warning');
    expect(await readFile(join(stateDir, 'logs', 'host.log'), 'utf8')).toContain(
      `listening on ${stack.ports.http}`,
    );
  });

  it('names every taken port with its setting, and starts nothing', async () => {
    const blockers = [createServer(), createServer()];
    await Promise.all(blockers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
    const [http = 0, blob = 0] = blockers.map((server) => (server.address() as { port: number }).port);
    try {
      const { code, output } = await failedStart({
        env: { MCMS_PORT: String(http), MCMS_BLOB_PORT: String(blob) },
      });
      expect(code).toBe(1);
      expect(output).toContain(
        `port ${http} on 127.0.0.1 is taken by another program; stop it or set MCMS_PORT`,
      );
      expect(output).toContain(
        `port ${blob} on 127.0.0.1 is taken by another program; stop it or set MCMS_BLOB_PORT`,
      );
      expect(existsSync(join(stateDir, 'logs'))).toBe(false);
    } finally {
      for (const server of blockers) server.close();
    }
  });

  it('refuses wrong settings by their names', async () => {
    const { code, output } = await failedStart({ env: { MCMS_PORT: 'seven', MCMS_SEED: 'full' } });
    expect(code).toBe(1);
    expect(output).toMatch(/MCMS_PORT.*\n.*MCMS_SEED/);
  });

  it('stops when a task fails, with the reason the task gave', async () => {
    const { code, output } = await failedStart({ env: { FAKE_FAILURE: 'task' } });
    expect(code).toBe(1);
    expect(output).toContain('task failed (exit code 3): the disk is full');
    expect(output).not.toContain('host');
  });

  it('stops when a part ends three times before it was ready, with its last words', async () => {
    const { code, output } = await failedStart({ env: { FAKE_FAILURE: 'MCMS_PORT' } });
    expect(code).toBe(1);
    expect(output).toContain('host ended 3 times before it was ready');
    expect(output).toContain('the licence file is missing');
  });
});

describe('a state folder', () => {
  it('belongs to one stack: a second one is refused and the first goes on', async () => {
    await using first = await start();
    const { code, output } = await failedStart({});
    expect(code).toBe(1);
    expect(output).toContain(`another stack runs with the state folder ${stateDir}`);
    expect((await fetch(first.baseUrl)).status).toBe(200);
  });

  it('of its own lets two stacks run side by side', async () => {
    await using first = await start();
    await using second = await startStack({ entry });
    const answers = await Promise.all(
      [first, second].map(async ({ baseUrl }) => (await fetch(baseUrl)).text()),
    );
    expect(new Set(answers).size).toBe(2);
  });
});

describe('a part that dies', () => {
  it('is started again at once on its port, while the others stay', async () => {
    await using stack = await start();
    const before = await stack.pids();
    await stack.kill('host');
    const pid = await stack.untilRunning('host', before['host']);
    await stack.untilOutput(/host is ready again/);
    expect(await (await fetch(stack.baseUrl)).text()).toBe(String(pid));
    expect(await stack.pids()).toEqual({ ...before, host: pid });
    expect(stack.output()).toContain('host ended by SIGKILL; starting it again');
  });
});

describe('the end', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s leaves no process, no pids.json and exit code 0',
    async (signal) => {
      const stack = await start();
      const pids = Object.values(await stack.pids());
      expect(await stack.end(signal)).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await stack.pids()).toEqual({});
    },
  );

  it('by kill -9 of the supervisor leaves no process, and the next start on that folder and those ports works', async () => {
    const stack = await start();
    const pids = Object.values(await stack.pids());
    await stack.end('SIGKILL');
    await using next = await start({ ports: stack.ports });
    expect(pids.filter(isAlive)).toEqual([]);
    expect((await fetch(next.baseUrl)).status).toBe(200);
  });

  it('by kill -9 of the supervisor in the middle of the start leaves no process', async () => {
    const stack = await launch();
    await stack.untilRunning('store');
    const pids = Object.values(await stack.pids());
    await stack.end('SIGKILL');
    await until(() => !pids.some(isAlive), 'all parts to end', 10_000);
  });

  it.each([
    ['itself', `spawn(process.execPath, ['${entry}'], {stdio: 'ignore'})`],
    ['through a shell', `spawn(process.execPath + ' ${entry} && true', {stdio: 'ignore', shell: true})`],
  ])('comes when only npm, which started the supervisor %s, is killed', async (_how, call) => {
    const parent = spawn(
      process.execPath,
      ['-e', `require('node:child_process').${call}; setInterval(() => {}, 1e6)`],
      {
        stdio: 'ignore',
        env: {
          ...process.env,
          npm_lifecycle_event: 'start',
          MCMS_STATE_DIR: stateDir,
          MCMS_PORT: '0',
          MCMS_BLOB_PORT: '0',
          MCMS_AMQP_PORT: '0',
          MCMS_IDENTITY_PORT: '0',
        },
      },
    );
    const pidFile = join(stateDir, 'pids.json');
    const readPids = async () => JSON.parse(await readFile(pidFile, 'utf8')) as Record<string, number>;
    await until(async () => existsSync(pidFile) && 'host' in (await readPids()), 'the stack to start');
    const pids = Object.values(await readPids());
    parent.kill('SIGKILL');
    await until(() => !pids.some(isAlive), 'all parts to end', 15_000);
  });
});
