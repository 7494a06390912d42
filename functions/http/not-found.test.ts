import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { invokeRegistered, registeredFunctions } from '../../tests/support/functions-core.ts';
import { tokensOf } from '../../tests/support/http-pipeline.ts';
import { type Api, createApi, defineRoute, text } from '../../shared/http/index.ts';
import { docsRoutes } from './docs.ts';
import { registerNotFound } from './not-found.ts';
import { openApiRoutes } from './openapi.ts';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

let api: Api;

beforeAll(() => {
  api = createApi({ authenticator: tokensOf({}) });
  const facts = {
    operation: 'item.read',
    summary: 'x',
    tags: ['Things'],
    access: { roles: ['Mcms.Reader'] },
  } as const;
  const responses = { 204: { description: 'Nothing' } };
  const params = z.strictObject({ thingId: text(10) });
  api.register(
    defineRoute({
      ...facts,
      name: 'things-list',
      method: 'GET',
      path: 'things',
      responses,
      handler: () => ({ status: 204 }),
    }),
    defineRoute({
      ...facts,
      name: 'things-make',
      method: 'POST',
      path: 'things',
      responses,
      handler: () => ({ status: 204 }),
    }),
    defineRoute({
      ...facts,
      name: 'things-end',
      method: 'DELETE',
      path: 'things/{thingId}',
      params,
      responses,
      handler: () => ({ status: 204 }),
    }),
    ...openApiRoutes(api, '1.2.3'),
    ...docsRoutes(),
  );
  registerNotFound(api);
});

/** Calls a registered function as the host does. */
async function send(
  name: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const http = { method, url: `http://127.0.0.1:7071${path}`, headers, query: {}, params: {} };
  const response = await invokeRegistered(name, { http });
  const answer = response.returnValue?.http;
  if (!answer) throw new Error('no HTTP answer');
  const bytes = answer.body && 'bytes' in answer.body ? answer.body.bytes : undefined;
  return {
    status: Number(answer.statusCode),
    headers: (answer.headers ?? {}) as Record<string, string>,
    body: Buffer.from(bytes ?? []).toString('utf8'),
  };
}

describe('registration with the host', () => {
  it('is what Azure takes: anonymous at the host, methods named, no leading slash, HEAD with GET', () => {
    const bindings = registeredFunctions().map(({ metadata }) => [
      metadata.name,
      Object.values(metadata.bindings).find(({ type }) => type === 'httpTrigger'),
    ]);
    expect(Object.fromEntries(bindings)).toMatchObject({
      'things-list': { authLevel: 'anonymous', methods: ['GET', 'HEAD'], route: 'things' },
      'things-end': { authLevel: 'anonymous', methods: ['DELETE'], route: 'things/{thingId}' },
      openapi: { route: 'openapi.json' },
      'not-found': {
        authLevel: 'anonymous',
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        route: '{*path}',
      },
    });
  });

  it('refuses a name, and a method on a path, that is taken', () => {
    const [list, make] = api.routes;
    if (!list || !make) throw new Error('no routes');
    expect(() => api.register(list)).toThrow(/registered already/);
    expect(() => api.register({ ...make, name: 'other', path: 'Things' })).toThrow(
      /registered already as things-make/,
    );
  });
});

describe('anything else', () => {
  it.each([
    '/api/nothing',
    '/api/',
    '/api/things/',
    '/api/things/1/2',
    '/api/thing',
    '/api/nothing?x=1&x=2',
    '/other',
  ])('%s is a 404 problem', async (path) => {
    const answer = await send('not-found', 'GET', path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'route-unknown',
      status: 404,
      instance: path.split('?')[0],
    });
  });

  it.each([
    ['PATCH', '/api/things', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/api/THINGS', 'GET, HEAD, POST, OPTIONS'],
    ['GET', '/api/things/7', 'DELETE, OPTIONS'],
  ])('%s %s is a 405 that names the methods', async (method, path, allow) => {
    const answer = await send('not-found', method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allow);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'method-not-allowed' });
  });

  it('OPTIONS on a known path is a 204', async () => {
    const answer = await send('not-found', 'OPTIONS', '/api/things');
    expect(answer).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, POST, OPTIONS' }, body: '' });
  });
});

describe('the API document', () => {
  it('shows every registered route and has a stable tag', async () => {
    const answer = await send('openapi', 'GET', '/api/openapi.json');
    const document = JSON.parse(answer.body) as { openapi: string; paths: object; info: { version: string } };
    expect(answer.headers['content-type']).toBe('application/json');
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    expect(Object.keys(document.paths)).toEqual(['/things', '/things/{thingId}', '/openapi.json', '/docs']);
    const again = await send('openapi', 'GET', '/api/openapi.json', {
      'if-none-match': answer.headers['etag'] ?? '',
    });
    expect(again).toMatchObject({ status: 304, body: '' });
  });
});

describe('the page', () => {
  it('loads nothing from elsewhere, and its policy allows its own parts only', async () => {
    const { status, headers, body } = await send('docs', 'GET', '/api/docs');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).not.toMatch(/https?:\/\//);
    expect(body).not.toMatch(/innerHTML|eval\(|\son\w+="/);
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const tag of ['style', 'script']) {
      const [, text = ''] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(body) ?? [];
      const hash = createHash('sha256').update(text).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
  });

  it('has a program that parses', async () => {
    const { body } = await send('docs', 'GET', '/api/docs');
    const [, program = ''] = /<script>([^]*?)<\/script>/.exec(body) ?? [];
    expect(() => new Script(program)).not.toThrow();
  });
});
