import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { app } from '@azure/functions';
import { sendRaw } from './raw-http.ts';
import { startFixture, type StartedHost } from './start.ts';

describe('http responses', () => {
  let host: StartedHost;
  beforeAll(async () => {
    host = await startFixture('http.ts');
  });
  afterAll(() => host[Symbol.asyncDispose]());

  it('carry status, headers, cookies and bytes as the handler made them', async () => {
    const response = await fetch(`${host.url}/api/bytes`);
    expect(response.status).toBe(206);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 128, 10]);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('etag')).toBe('"1"');
    expect(response.headers.get('content-length')).toBe('4');
    expect(response.headers.getSetCookie()).toEqual([
      'a=x%20y; Max-Age=60; Path=/; Secure; SameSite=Strict; HttpOnly',
      'b=2; Path=/api; SameSite=None',
    ]);
  });

  it('are 204 when the handler returns nothing', async () => {
    const response = await fetch(`${host.url}/api/nothing`);
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it.each([200, 201, 304, 404, 422, 503])('may have status %i', async (status) => {
    const response = await fetch(`${host.url}/api/status/${status}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(status === 304 ? '' : 'text');
  });

  it('are 500 when the handler gives a status outside 200 to 599', async () => {
    expect((await fetch(`${host.url}/api/status/99`)).status).toBe(500);
    expect((await fetch(`${host.url}/api/status/600`)).status).toBe(500);
  });

  describe('of a handler that throws', () => {
    it('are an empty 500, and the error is logged once with its invocation, on one line, without secrets', async () => {
      const before = host.lines.length;
      const answer = await sendRaw(
        host.port,
        'GET /api/fail HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 500 /);
      expect(answer.split('\r\n\r\n')[1]).toBe('');
      const logged = host.lines.slice(before);
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatch(
        /^\d{4}-.*Z ERROR fail [0-9a-f-]{36} failed: Error: broken SharedAccessKey=\*\*\*;\\nsecond line\\n {4}at /,
      );
      expect(logged[0]).not.toMatch(/topsecret|\n/);
    });

    it('are the same for something thrown that is no Error', async () => {
      expect((await fetch(`${host.url}/api/fail-oddly`)).status).toBe(500);
      expect(host.lines.at(-1)).toContain('failed: Error: only a text');
    });
  });

  it('let handlers log through their context, one line each, from the level of host.json on', async () => {
    const before = host.lines.length;
    const invocationId = await (await fetch(`${host.url}/api/log`)).text();
    expect(host.lines.slice(before).map((line) => line.replace(/^\S+ /, ''))).toEqual([
      `INFORMATION log ${invocationId} two words { n: 1 }`,
      `WARNING log ${invocationId} line one\\nline two`,
    ]);
  });
});

describe('invocation hooks', () => {
  const disposables: { dispose(): unknown }[] = [];
  afterEach(() => disposables.splice(0).forEach((disposable) => disposable.dispose()));

  it("wrap the handler in order and see each other's data, the result and the error", async () => {
    await using host = await startFixture('http.ts');
    const seen: unknown[] = [];
    disposables.push(
      app.hook.preInvocation((context) => {
        context.hookData['started'] = context.invocationContext.functionName;
        const inner = context.functionHandler;
        context.functionHandler = async (...args) => {
          seen.push('wrapped');
          return await (inner(...args) as Promise<unknown>);
        };
      }),
      app.hook.postInvocation((context) => {
        seen.push(context.hookData['started'], context.error instanceof Error || context.error);
      }),
    );
    await fetch(`${host.url}/api/items`);
    await fetch(`${host.url}/api/fail`);
    expect(seen).toEqual(['wrapped', 'list-items', null, 'wrapped', 'fail', true]);
  });

  it('that throw fail the invocation', async () => {
    await using host = await startFixture('http.ts');
    disposables.push(app.hook.preInvocation(() => Promise.reject(new Error('hook is broken'))));
    expect((await fetch(`${host.url}/api/items`)).status).toBe(500);
    expect(host.lines.at(-1)).toContain('hook is broken');
  });

  it('run at app start and at the end', async () => {
    const seen: string[] = [];
    disposables.push(app.hook.appTerminate(() => void seen.push('terminate')));
    const host = await startFixture('http.ts');
    await host.stop();
    await host.stop();
    expect(seen).toEqual(['terminate']);
  });
});

describe('functionTimeout', () => {
  it('answers 500, logs once and then asks for the end of the process', async () => {
    await using host = await startFixture('http.ts', {
      hostJsonContent: { functionTimeout: '00:00:00.100' },
    });
    const response = await fetch(`${host.url}/api/slow/400`);
    expect([response.status, await response.text()]).toEqual([500, '']);
    expect((await host.fatal).message).toBe('slow ran longer than functionTimeout, 0.1 s');
    expect(host.lines.filter((line) => line.includes('functionTimeout'))).toHaveLength(1);
  });

  it('is no limit as -1', async () => {
    await using host = await startFixture('http.ts', { hostJsonContent: { functionTimeout: '-1' } });
    expect((await fetch(`${host.url}/api/slow/30`)).status).toBe(200);
  });
});

describe('stop', () => {
  it('takes no further connection and lets running requests finish', async () => {
    const host = await startFixture('http.ts');
    const { promise: entered, resolve } = Promise.withResolvers<void>();
    disposable(app.hook.preInvocation(() => resolve()));
    const running = fetch(`${host.url}/api/slow/100`);
    await entered;
    const stopped = host.stop();
    await expect(fetch(`${host.url}/api/items`)).rejects.toThrow('fetch failed');
    expect(await (await running).text()).toBe('done');
    await stopped;
  });

  const pending: { dispose(): unknown }[] = [];
  const disposable = (one: { dispose(): unknown }): void => void pending.push(one);
  afterEach(() => pending.splice(0).forEach((one) => one.dispose()));
});
