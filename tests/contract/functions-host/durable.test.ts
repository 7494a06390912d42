import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { startFixture, type StartedHost } from './start.ts';

const post = (host: StartedHost, path: string, body: unknown) =>
  fetch(`${host.url}/api/${path}`, { method: 'POST', body: JSON.stringify(body) });

const statusOf = async (host: StartedHost, id: string) =>
  (await (await fetch(`${host.url}/api/status/${id}`)).json()) as { runtimeStatus: string; output: unknown };

const reached = (host: StartedHost, id: string, runtimeStatus: string) =>
  eventually(`${id} to be ${runtimeStatus}`, async () => {
    const status = await statusOf(host, id);
    return status.runtimeStatus === runtimeStatus && status;
  });

describe('durable functions', () => {
  it('run from a client binding through activities and an external event to the output', async () => {
    await using host = await startFixture('durable.ts');
    const started = await post(host, 'start/count/one', { a: 1, b: 2 });
    expect(started.status).toBe(202);
    await reached(host, 'one', 'Running');
    expect((await post(host, 'raise/one', ['extra'])).status).toBe(202);
    expect((await reached(host, 'one', 'Completed')).output).toEqual({
      sum: 3,
      greeting: 'hello x',
      instance: 'one',
      extra: ['extra'],
    });
  });

  it("fail with the activity's error, logged once for activity and orchestrator each, without the instance's history", async () => {
    await using host = await startFixture('durable.ts');
    await post(host, 'start/failing/two', null);
    expect(String((await reached(host, 'two', 'Failed')).output)).toContain('no licence');
    const failures = host.lines.filter((line) => line.includes(' ERROR '));
    expect(failures.map((line) => line.split(' ')[2])).toEqual(['break', 'failing']);
    expect(failures.join()).not.toContain('actions');
  });

  it('go on with their instances after the host was started again', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'functions-host-'));
    try {
      const before = await startFixture('durable.ts', { stateDir });
      await post(before, 'start/count/three', { a: 20, b: 22 });
      await reached(before, 'three', 'Running');
      await before.stop();
      await using after = await startFixture('durable.ts', { stateDir });
      await post(after, 'raise/three', 1);
      expect((await reached(after, 'three', 'Completed')).output).toMatchObject({ sum: 42, extra: 1 });
      await after.stop();
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });
});
