import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { sendRaw, statusOf } from './raw-http.ts';
import { startFixture, type StartedHost } from './start.ts';

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly user: unknown;
  readonly body: string;
  readonly traceParent: string;
  readonly traceState: string;
}

describe('http requests', () => {
  let host: StartedHost;
  beforeAll(async () => {
    host = await startFixture('http.ts', { httpLimits: { bodyBytes: 1000 } });
  });
  afterAll(() => host[Symbol.asyncDispose]());

  const echo = async (query: string, init: RequestInit = {}): Promise<Echo> => {
    const response = await fetch(`${host.url}/api/echo${query}`, init);
    expect(response.status).toBe(200);
    return (await response.json()) as Echo;
  };

  it('hands on method, address, headers and body', async () => {
    const seen = await echo('?q=a%20b', { method: 'PATCH', body: 'höhe', headers: { 'X-One': '1' } });
    expect(seen).toMatchObject({
      method: 'PATCH',
      url: `${host.url}/api/echo?q=a%20b`,
      query: { q: 'a b' },
      body: 'höhe',
    });
    expect(seen.headers['x-one']).toBe('1');
  });

  it('joins repeated query parameters by commas, without case, as the Azure host does', async () => {
    expect((await echo('?a=1&A=2&b=')).query).toEqual({ a: '1,2', b: '' });
  });

  it.each(['POST', 'PUT', 'DELETE'])('runs %s without a body', async (method) => {
    expect(await echo('', { method })).toMatchObject({ method, body: '' });
  });

  it('keeps platform headers of a client plain headers that change nothing in the host', async () => {
    const headers = {
      'x-ms-client-principal-id': 'someone',
      'x-ms-original-url': 'http://127.0.0.1/api/items',
      'x-original-url': '/api/items',
      'x-http-method-override': 'DELETE',
      'x-forwarded-host': 'elsewhere',
      'x-functions-key': 'k',
    };
    const seen = await echo('', { headers });
    expect(seen).toMatchObject({ method: 'GET', url: `${host.url}/api/echo`, user: null, headers });
  });

  describe('trace context', () => {
    const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    it("is the caller's", async () => {
      expect(await echo('', { headers: { traceparent: traceParent, tracestate: 'a=1' } })).toMatchObject({
        traceParent,
        traceState: 'a=1',
      });
    });

    it.each([
      '',
      'garbage',
      `${traceParent}-x`,
      traceParent.replace(/^00/, 'ff'),
      traceParent.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
    ])('is a new one instead of %j', async (invalid) => {
      const seen = await echo('', { headers: { traceparent: invalid } });
      expect(seen.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(seen.traceParent).not.toContain('b7ad6b7169203331');
    });
  });

  describe('body limit', () => {
    const post = (body: RequestInit['body'], headers = {}) =>
      fetch(`${host.url}/api/size`, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

    it('takes a body of exactly the limit', async () => {
      expect(await (await post('x'.repeat(1000))).text()).toBe('1000');
    });

    it('answers 413 with an empty body to an announced larger one, without reading it', async () => {
      const answer = await sendRaw(
        host.port,
        'POST /api/size HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\nExpect: 100-continue\r\n\r\n',
      );
      expect(statusOf(answer)).toBe(413);
      expect(answer).not.toContain('100 Continue');
    });

    it('answers 413 to a chunked one once it is over the limit', async () => {
      const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;
      const head = 'POST /api/size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
      expect(statusOf(await sendRaw(host.port, `${head}${chunk}${chunk}`))).toBe(413);
    });

    it('is 100 MiB by default', async () => {
      const { DEFAULT_HTTP_LIMITS } = await import('../../../local/functions-host/http/server.ts');
      expect(DEFAULT_HTTP_LIMITS.bodyBytes).toBe(100 * 1024 * 1024);
    });
  });

  it.each([
    ['no path', 'GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    [
      'an absolute target',
      'GET http://other/api/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['two slashes first', 'GET //other/api/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a broken escape', 'GET /api/items/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 200],
    ['an encoded NUL', 'GET /api/items/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['dots out of the root', 'GET /../../api/items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 200],
    ['no Host', 'GET /api/items HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a Host that is a URL', 'GET /api/items HTTP/1.1\r\nHost: a/b?c@d\r\nConnection: close\r\n\r\n', 400],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a header of 40 KB', `GET /api/items HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
    [
      'both lengths',
      'POST /api/items HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('answers %s with the status Kestrel or Node gives, and lives on', async (_what, text, status) => {
    expect(statusOf(await sendRaw(host.port, text))).toBe(status);
    expect((await fetch(`${host.url}/api/items`)).status).toBe(200);
  });

  it('forgets a request whose client leaves during the body, and one that leaves before the answer', async () => {
    const duringBody = connect(host.port, '127.0.0.1');
    duringBody.write('POST /api/size HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    await once(duringBody, 'ready');
    duringBody.destroy();
    const beforeAnswer = new AbortController();
    const slow = fetch(`${host.url}/api/slow/50`, { signal: beforeAnswer.signal });
    beforeAnswer.abort();
    await expect(slow).rejects.toThrow('aborted');
    const before = host.lines.length;
    expect((await fetch(`${host.url}/api/slow/60`)).status).toBe(200);
    expect(host.lines.slice(before)).toEqual([]);
  });

  it('answers 1,000 requests over 4 kept connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const sockets = new Set<unknown>();
    const one = (n: number): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(`${host.url}/api/items/${n}`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        request.on('socket', (socket) => sockets.add(socket)).on('error', reject);
        request.end();
      });
    const statuses = await Promise.all(Array.from({ length: 1000 }, (_, n) => one(n)));
    agent.destroy();
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(sockets.size).toBeLessThanOrEqual(4);
  });
});

describe('limits of host.json and of the server', () => {
  it('answers 429 beyond maxOutstandingRequests and runs waiting ones in turn', async () => {
    await using host = await startFixture('http.ts', {
      hostJsonContent: { extensions: { http: { maxConcurrentRequests: 1, maxOutstandingRequests: 2 } } },
    });
    const answers = await Promise.all([0, 1, 2].map(() => fetch(`${host.url}/api/slow/100`)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 200, 429,
    ]);
  });

  it('closes a connection whose headers do not come', async () => {
    await using host = await startFixture('http.ts', {
      httpLimits: { headersTimeoutMs: 100, requestTimeoutMs: 200 },
    });
    expect(statusOf(await sendRaw(host.port, 'GET /api/items HTTP/1.1\r\nHost: x\r\nX-Slow: '))).toBe(408);
  });

  it('closes a connection whose body does not come', async () => {
    await using host = await startFixture('http.ts', {
      httpLimits: { headersTimeoutMs: 100, requestTimeoutMs: 200 },
    });
    const text = 'POST /api/size HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc';
    expect(statusOf(await sendRaw(host.port, text))).toBe(408);
  });
});
