import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { startChildHost } from './child-host.ts';
import { eventually } from './eventually.ts';

describe('the host as a process', () => {
  it('supplies @azure/functions-core itself, serves, hands on app settings and ends with 0 on SIGTERM', async () => {
    await using host = await startChildHost('process.ts', { SomeSetting: 'value' });
    const url = await host.ready();
    expect(await (await fetch(`${url}/api/items`)).json()).toEqual({ fn: 'list-items', params: {} });
    expect(await (await fetch(`${url}/api/setting/SomeSetting`)).text()).toBe('value');
    host.process.kill('SIGTERM');
    expect(await host.ended).toEqual({ code: 0, signal: null });
    expect(host.output()).not.toContain('test mode');
  });

  it('lets a running request finish when it is told to stop', async () => {
    await using host = await startChildHost('process.ts');
    const url = await host.ready();
    const running = fetch(`${url}/api/announced`);
    await eventually('the request to run', () => host.output().includes('entered'));
    host.process.kill('SIGTERM');
    expect(await (await running).text()).toBe('done');
    expect((await host.ended).code).toBe(0);
  });

  it('says in a sentence that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await using host = await startChildHost('process.ts', { MCMS_PORT: String(port) });
    expect((await host.ended).code).toBe(1);
    expect(host.output()).toContain(
      `functions-host: port ${port} on 127.0.0.1 is taken by another program; stop it or set MCMS_PORT to a free port`,
    );
    other.close();
  });

  it('does not start with an app that fails, and says why', async () => {
    await using host = await startChildHost('broken.ts');
    expect((await host.ended).code).toBe(1);
    expect(host.output()).toMatch(
      /functions-host: the app's entry .* would have no functions: SqlConnection is missing/,
    );
  });

  it('answers 500 and ends with 1 after an invocation beyond functionTimeout', async () => {
    await using host = await startChildHost('process.ts', {}, { functionTimeout: '00:00:00.200' });
    const response = await fetch(`${await host.ready()}/api/slow/60000`);
    expect(response.status).toBe(500);
    expect((await host.ended).code).toBe(1);
    expect(host.output()).toContain('slow ran longer than functionTimeout, 0.2 s');
  });

  it('cannot interrupt code that never yields: it runs to its end (a difference from Azure)', async () => {
    await using host = await startChildHost('process.ts', {}, { functionTimeout: '00:00:00.100' });
    const url = await host.ready();
    const started = performance.now();
    await fetch(`${url}/api/spin/400`);
    expect(performance.now() - started).toBeGreaterThanOrEqual(400);
  });

  it('ends with 1 when the app throws outside a handler, as the Azure worker does', async () => {
    await using host = await startChildHost('process.ts');
    const url = await host.ready();
    await expect(fetch(`${url}/api/crash`)).rejects.toThrow('fetch failed');
    expect((await host.ended).code).toBe(1);
    expect(host.output()).toContain('thrown outside the handler');
  });
});
