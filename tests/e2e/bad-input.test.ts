import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT, decodeJwt, decodeProtectedHeader } from 'jose';
import { startStack, type TestStack } from '../support/stack.ts';
import {
  type Answer,
  type Call,
  type Client,
  type Routing,
  clientOf,
  clientWith,
  newRouting,
} from './client.ts';

const MIB = 1024 * 1024;

let stack: TestStack;
let engineer: Client;
let routing: Routing;
let hostPid: number | undefined;
beforeAll(async () => {
  stack = await startStack();
  engineer = await clientOf(stack);
  routing = await newRouting(engineer);
  hostPid = (await stack.pids())['functions-host'];
}, 60_000);
afterAll(() => stack?.stop());

afterEach(async () => {
  expect((await engineer.call('GET', `/routings/${routing.routingId}`)).status).toBe(200);
  expect((await stack.pids())['functions-host']).toBe(hostPid);
});

interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** The problem document of an answer that refuses. */
function problemOf(answer: Answer, status: number): Problem {
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.json).toMatchObject({
    status,
    type: expect.stringMatching(/^urn:mcms:problem:/),
    title: expect.any(String),
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(answer.text).not.toMatch(/node_modules|at .*\.ts:\d+|SQLITE/);
  return answer.json as Problem;
}

/** The fields it names, each once: one field may be wrong in two ways. */
function pathsOf({ errors }: Problem): string[] {
  return [...new Set((errors ?? []).map(({ path }) => path))];
}

describe('an address', () => {
  it.each([
    ['GET', '/nothing-here'],
    ['POST', '/routings/x/y/z'],
    ['DELETE', '/'],
    ['GET', '/..%2f..%2fetc%2fpasswd'],
  ])('that is unknown, %s %s, is 404', async (method, path) => {
    expect(problemOf(await engineer.call(method, path), 404).code).toBe('route-unknown');
  });

  it.each([
    ['DELETE', '/routings', 'GET, HEAD, POST, OPTIONS'],
    ['PUT', '/items', 'GET, HEAD, POST, OPTIONS'],
    ['POST', '/health/live', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/history', 'GET, HEAD, OPTIONS'],
  ])('that knows other methods, %s %s, is 405 with Allow', async (method, path, allow) => {
    const answer = await engineer.call(method, path);
    expect(problemOf(answer, 405).code).toBe('method-not-allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it.each(['/routings/not-a-uuid', "/routings/' or 1=1 --", `/routings/${'9'.repeat(200)}`])(
    'with a wrong id is refused by name: %s',
    async (path) => {
      expect(pathsOf(problemOf(await engineer.call('GET', path), 400))).toEqual(['routingId']);
    },
  );

  it('with U+0000 does not come as far as the API, as on Azure', async () => {
    expect(await engineer.call('GET', '/items/A%00B')).toMatchObject({ status: 400, text: '' });
  });
});

describe('a query', () => {
  it.each([
    ['colour', '/routings?colour=red'],
    ['top', '/routings?top=0'],
    ['top', '/routings?top=501'],
    ['top', '/routings?top=1e2'],
    ['status', '/routings?status=Burnt'],
    ['changedSince', '/routings?changedSince=yesterday'],
    ['orderBy', '/routings?orderBy=secret'],
    ['count', '/routings?count=perhaps'],
    ['top', '/routings?top=5&top=6'],
    ['q', `/routings?q=${'x'.repeat(5000)}`],
    ['itemCode', '/routings?itemCode=%00'],
    ['__proto__', '/routings?__proto__=1'],
    ['skipToken', '/routings?skipToken=broken'],
    ['skipToken', '/routings?skipToken=%F0%9F%92%A9'],
    ['skipToken', `/routings?skipToken=${Buffer.from('{"seq":-1}').toString('base64url')}`],
    ['skipToken', `/routings?skipToken=${Buffer.from('[[[[').toString('base64url')}`],
    ['skipToken', '/commands?skipToken=eyJzZXEiOiJ4In0'],
    ['state', '/commands?state=Queued'],
    ['skipToken', '/history?skipToken=zzzz'],
    ['camRevFrom', '/history?camRevFrom=one'],
    ['skipToken', '/items?skipToken=eyJzZXEiOjF9'],
  ])('names %s when it is wrong', async (field, path) => {
    expect(pathsOf(problemOf(await engineer.call('GET', path), 400))).toEqual([field]);
  });
});

describe('a body', () => {
  const post = (call: Call) => engineer.call('POST', '/items', call);
  const raw = (body: Call['body']): Call => ({ body, headers: { 'content-type': 'application/json' } });
  const item = () => ({ itemCode: `X-${randomUUID()}`, name: 'Block' });

  it.each([
    ['cut short', '{"itemCode": "A", "name"'],
    ['no JSON', 'itemCode=A'],
    ['JSON with a trailing comma', '{"itemCode": "A",}'],
    ['not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ])('that is %s is 400', async (_what, body) => {
    expect(problemOf(await post(raw(body)), 400).code).toBe('json-malformed');
  });

  it.each([
    ['a number for a text', { itemCode: 7, name: 'Block' }, ['itemCode']],
    ['null for a text', { itemCode: null, name: 'Block' }, ['itemCode']],
    ['an object for a text', { itemCode: 'A', name: { $ne: '' } }, ['name']],
    ['every field wrong', { itemCode: [], name: false, description: 1 }, ['itemCode', 'name', 'description']],
    ['nothing', {}, ['itemCode', 'name']],
    ['a field nobody knows', { ...item(), role: 'Mcms.Admin' }, ['role']],
    ['a text that is too long', { ...item(), name: 'x'.repeat(10_000) }, ['name']],
    ['an empty text', { ...item(), name: '' }, ['name']],
    ['U+0000', { ...item(), name: 'Block\u0000' }, ['name']],
    ['half a surrogate pair', { ...item(), name: 'Block\ud800' }, ['name']],
    ['a control character', { ...item(), name: 'Block\u001b[2J' }, ['name']],
  ])('with %s is refused by name', async (_what, json, fields) => {
    expect(pathsOf(problemOf(await post({ json }), 400))).toEqual(fields);
  });

  it('that is no object is refused', async () => {
    for (const json of [[], 'text', 7, true, null]) problemOf(await post({ json }), 400);
  });

  it('with __proto__ or constructor is refused by name and changes no object', async () => {
    const proto = await post(raw('{"itemCode":"P","name":"Block","__proto__":{"polluted":true}}'));
    expect(pathsOf(problemOf(proto, 400))).toEqual(['__proto__']);
    const nested = await post(raw('{"itemCode":"P","name":"B","constructor":{"prototype":{"polluted":1}}}'));
    expect(pathsOf(problemOf(nested, 400))).toEqual(['constructor']);
    const read = await engineer.get<Record<string, unknown>>(`/routings/${routing.routingId}`);
    expect(read).not.toHaveProperty('polluted');
  });

  it('that is nested a hundred thousand levels deep is refused', async () => {
    const depth = 100_000;
    problemOf(await post(raw(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)), 400);
    problemOf(await post(raw(`${'['.repeat(depth)}${']'.repeat(depth)}`)), 400);
  });

  it('of 50 MB is 413, announced or not', async () => {
    const text = `{"itemCode":"BIG","name":"${'x'.repeat(50 * MIB)}"}`;
    expect(problemOf(await post(raw(text)), 413).code).toBe('body-too-large');
    const pieces = new Blob([text]).stream();
    expect(problemOf(await post(raw(pieces)), 413).code).toBe('body-too-large');
  });

  it('of another media type is 415', async () => {
    const call = { body: '<item/>', headers: { 'content-type': 'application/xml' } };
    expect(problemOf(await post(call), 415).code).toBe('media-type-unsupported');
  });

  it('of an order is checked down to the parameters of its type', async () => {
    const call = (json: unknown) =>
      engineer.call('POST', `/routings/${routing.routingId}/commands`, { json });
    const wrong = await call({ application: 'esprit', commandType: 'GenerateNcProgram', priority: 10 });
    expect(pathsOf(problemOf(wrong, 400))).toEqual(['priority']);
    const parameters = { programNumber: 'O1', shell: 'rm -rf /' };
    const deep = await call({ application: 'esprit', commandType: 'GenerateNcProgram', parameters });
    expect(pathsOf(problemOf(deep, 400)).toSorted()).toEqual([
      'parameters.programNumber',
      'parameters.shell',
    ]);
    const unknown = await call({ application: 'esprit', commandType: 'Sing' });
    expect(pathsOf(problemOf(unknown, 400))).toEqual(['commandType']);
  });
});

describe('a header', () => {
  it('Idempotency-Key that is none is refused by name', async () => {
    const json = { itemCode: `X-${randomUUID()}`, name: 'Block' };
    const answer = await engineer.call('POST', '/items', {
      json,
      headers: { 'idempotency-key': 'k'.repeat(300) },
    });
    expect(pathsOf(problemOf(answer, 400))).toEqual(['Idempotency-Key']);
  });

  it('If-Match that is missing is 428, malformed 400, stale 412', async () => {
    const change = (headers: Record<string, string>) =>
      engineer.call('PATCH', `/routings/${routing.routingId}`, { json: { name: 'Other' }, headers });
    problemOf(await change({}), 428);
    expect(pathsOf(problemOf(await change({ 'if-match': 'seven' }), 400))).toEqual(['If-Match']);
    problemOf(await change({ 'if-match': '"999999"' }), 412);
  });
});

describe('a token', () => {
  const read = (authorization: string | undefined, call: Call = {}) =>
    clientWith(stack.apiUrl, authorization).call('GET', `/routings/${routing.routingId}`, call);
  const roles = ['Mcms.Engineer'] as const;
  const bearer = async (changes: Parameters<TestStack['token']>[2]) =>
    `Bearer ${await stack.token(roles, 'engineer@mcms.local', changes)}`;

  /** A good token taken apart and put together again by somebody else. */
  async function forge(how: (claims: object, header: { kid?: string }) => Promise<string> | string) {
    const token = await stack.token(roles);
    return `Bearer ${await how(decodeJwt(token), decodeProtectedHeader(token) as { kid?: string })}`;
  }
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const sign = (claims: object, header: { alg: string; kid?: string }, key: Parameters<SignJWT['sign']>[0]) =>
    new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);

  it.each<[string, () => Promise<string | undefined>]>([
    ['that is not there', async () => undefined],
    ['of another scheme', async () => 'Basic ZW5naW5lZXI6c2VjcmV0'],
    ['that is no token', async () => 'Bearer abc.def.ghi'],
    ['that has expired', () => bearer({ lifetimeSeconds: -3600 })],
    ['of another issuer', () => bearer({ issuer: 'https://login.example.com/v2.0' })],
    ['for another audience', () => bearer({ audience: 'api://other' })],
    [
      'signed by a stranger under the known key id',
      () => forge((claims, { kid }) => sign(claims, { alg: 'RS256', ...(kid && { kid }) }, stranger)),
    ],
    [
      'signed by a stranger under a key id of his own',
      () => forge((claims) => sign(claims, { alg: 'RS256', kid: 'mine' }, stranger)),
    ],
    [
      'signed with a shared secret',
      () =>
        forge((claims, { kid }) => sign(claims, { alg: 'HS256', ...(kid && { kid }) }, new Uint8Array(32))),
    ],
    ['with alg none', () => forge((claims) => new UnsecuredJWT({ ...claims }).encode())],
    [
      'whose roles were changed',
      async () => {
        const [header = '', payload = '', signature = ''] = (await stack.token(['Mcms.Machinist'])).split(
          '.',
        );
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
        const raised = Buffer.from(JSON.stringify({ ...claims, roles: ['Mcms.Admin'] })).toString(
          'base64url',
        );
        return `Bearer ${[header, raised, signature].join('.')}`;
      },
    ],
  ])('%s is 401 with WWW-Authenticate', async (_what, authorization) => {
    const answer = await read(await authorization());
    problemOf(answer, 401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('of the wrong role is 403', async () => {
    const reader = await clientOf(stack, ['Mcms.Reader']);
    problemOf(await reader.call('POST', '/items', { json: { itemCode: 'X', name: 'Y' } }), 403);
    problemOf(await reader.call('POST', `/routings/${routing.routingId}/commands`, { json: {} }), 403);
    problemOf(await engineer.call('POST', '/agent/claim', { json: {} }), 403);
    const agent = await clientOf(stack, ['Mcms.CmdHost']);
    problemOf(await agent.call('GET', '/routings'), 403);
    problemOf(await (await clientOf(stack, [])).call('GET', '/routings'), 403);
  });

  const principal = Buffer.from(
    JSON.stringify({ auth_typ: 'aad', claims: [{ typ: 'roles', val: 'Mcms.Admin' }], role_typ: 'roles' }),
  ).toString('base64');
  const spoofed = {
    'x-ms-client-principal': principal,
    'x-ms-client-principal-id': randomUUID(),
    'x-ms-client-principal-name': 'admin@mcms.local',
    'x-ms-client-principal-idp': 'aad',
    'x-ms-token-aad-access-token': 'abc',
    'x-functions-key': 'master',
    'x-arr-ssl': '1',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '127.0.0.1',
    'x-original-url': '/api/health/live',
    'x-rewrite-url': '/api/health/live',
    'x-http-method-override': 'DELETE',
    'x-waws-unencoded-url': '/api/health/live',
    'disguised-host': 'evil.example',
  };

  it('is the only thing believed: headers that a platform would set change nothing', async () => {
    problemOf(await read(undefined, { headers: spoofed }), 401);
    const reader = await clientOf(stack, ['Mcms.Reader']);
    const write = { json: { itemCode: 'X', name: 'Y' }, headers: spoofed };
    problemOf(await reader.call('POST', '/items', write), 403);

    const path = `/routings/${routing.routingId}`;
    const plain = await engineer.call('GET', path);
    const asked = await engineer.call('GET', path, { headers: spoofed });
    expect(asked).toMatchObject({ status: 200, json: plain.json });

    const created = await engineer.call('POST', '/items', {
      json: { itemCode: `X-${randomUUID()}`, name: 'Block' },
      headers: spoofed,
    });
    expect(created).toMatchObject({ status: 201, json: { createdBy: 'engineer@mcms.local' } });

    await newRouting(engineer);
    const list = await engineer.call('GET', '/routings?top=1', { headers: spoofed });
    const { nextLink } = list.json as { nextLink: string };
    expect(nextLink.startsWith(`${stack.apiUrl}/routings?`)).toBe(true);
  });
});
