import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Call, type Reply, call, principal, tokensOf } from '../../tests/support/http-pipeline.ts';
import { memoryIdempotencyStore } from '../../tests/support/memory-idempotency-store.ts';
import { UnavailableError } from '../errors.ts';
import { startTelemetry } from '../telemetry/index.ts';
import { fieldInvalid } from './errors.ts';
import { expectedVersion, versionTag } from './etag.ts';
import { queryInteger, text } from './fields.ts';
import { type Pipeline, createPipeline } from './pipeline.ts';
import { type Route, defineRoute } from './route.ts';

const reader = { authorization: 'Bearer reader' };
const engineer = { authorization: 'Bearer engineer' };
const authenticator = tokensOf({
  reader: principal('reader', 'Mcms.Reader'),
  engineer: principal('engineer', 'Mcms.Engineer'),
  admin: principal('admin', 'Mcms.Admin'),
});
const facts = { operation: 'item.read', summary: 'A thing', tags: ['Things'] } as const;
const thing = z.strictObject({ thingId: z.string(), size: z.int() });
const problem = 'application/problem+json';

let pipeline: Pipeline;
let created: number;
/** What the next write does in place of succeeding. */
let failure: Error | undefined;

beforeAll(async () => {
  await startTelemetry({ serviceName: 'mcms-functions', serviceVersion: '0' });
});

beforeEach(() => {
  created = 0;
  failure = undefined;
  pipeline = createPipeline({ authenticator, idempotency: memoryIdempotencyStore(), checkResponses: true });
});

const getThing = defineRoute({
  ...facts,
  name: 'things-get',
  method: 'GET',
  path: 'things/{thingId}',
  access: { roles: ['Mcms.Reader'] },
  params: z.strictObject({ thingId: text(10) }),
  query: z.strictObject({ size: queryInteger(1, 9).optional() }),
  responses: { 200: { description: 'The thing', schema: thing } },
  handler: ({ params, query }) => ({
    status: 200,
    body: { thingId: params.thingId, size: query.size ?? 1 },
    etag: versionTag(3),
  }),
});

const createThing = defineRoute({
  ...facts,
  name: 'things-create',
  method: 'POST',
  path: 'things',
  access: { roles: ['Mcms.Engineer'] },
  body: z.strictObject({ name: text(20), steps: z.array(z.strictObject({ sequence: z.int() })).optional() }),
  maxBodyBytes: 1000,
  responses: { 201: { description: 'Made', schema: z.strictObject({ number: z.int() }) } },
  handler: () => {
    if (failure) throw failure;
    created++;
    return { status: 201, body: { number: created }, headers: { Location: `/api/things/${created}` } };
  },
});

const changeThing = defineRoute({
  ...facts,
  name: 'things-change',
  method: 'PATCH',
  path: 'things/{thingId}',
  access: { roles: ['Mcms.Engineer'] },
  requiresIfMatch: true,
  params: z.strictObject({ thingId: text(10) }),
  body: z.strictObject({ size: z.int() }).optional(),
  responses: { 200: { description: 'Changed', schema: z.strictObject({ expected: z.int().nullable() }) } },
  handler: ({ request }) => ({ status: 200, body: { expected: expectedVersion(request.ifMatch) ?? null } }),
});

const get = (options: Call = {}): Promise<Reply> =>
  call(pipeline, getThing, { target: 'things/a', params: { thingId: 'a' }, headers: reader, ...options });
const create = (options: Call = {}): Promise<Reply> =>
  call(pipeline, createThing, {
    ...('body' in options ? {} : { json: { name: 'x' } }),
    headers: engineer,
    ...options,
  });
const change = (options: Call = {}): Promise<Reply> =>
  call(pipeline, changeThing, {
    target: 'things/a',
    params: { thingId: 'a' },
    headers: { ...engineer, 'if-match': '"3"' },
    ...options,
  });

describe('a good request', () => {
  it('is answered with JSON and the headers of every answer', async () => {
    const reply = await get({ target: 'things/a?size=4' });
    expect(reply).toMatchObject({ status: 200, json: { thingId: 'a', size: 4 }, log: [] });
    expect(Object.fromEntries(reply.headers)).toEqual({
      'cache-control': 'private, no-cache',
      'content-type': 'application/json',
      etag: '"3"',
      'x-content-type-options': 'nosniff',
      'x-trace-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('continues the trace of its caller', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    expect((await get({ traceparent })).headers.get('x-trace-id')).toBe(traceId);
    expect((await get({ headers: { ...reader, traceparent } })).headers.get('x-trace-id')).toBe(traceId);
    expect((await get({ traceparent: 'nonsense' })).status).toBe(200);
  });

  it('by HEAD gives the headers of GET without its body', async () => {
    const reply = await get({ method: 'HEAD' });
    expect(reply).toMatchObject({ status: 200, text: '' });
    expect(reply.headers.get('etag')).toBe('"3"');
  });
});

describe('the caller', () => {
  it('without a token gets a 401 with a challenge, before anything else is looked at', async () => {
    const reply = await create({ headers: {}, body: '{'.repeat(5000) });
    expect(reply).toMatchObject({ status: 401, json: { code: 'token-missing' } });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="mcms"');
    expect(reply.headers.get('content-type')).toBe(problem);
  });

  it('without the role gets a 403', async () => {
    const reply = await create({ headers: reader });
    expect(reply).toMatchObject({ status: 403, json: { code: 'role-missing' } });
    expect(reply.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  it('as administrator may do it', async () => {
    expect((await create({ headers: { authorization: 'Bearer admin' } })).status).toBe(201);
  });

  it('gains nothing by headers of the platform', async () => {
    const claims = { auth_typ: 'aad', claims: [{ typ: 'roles', val: 'Mcms.Admin' }], role_typ: 'roles' };
    const spoofed = {
      'x-ms-client-principal': Buffer.from(JSON.stringify(claims)).toString('base64'),
      'x-ms-client-principal-id': 'admin',
      'x-ms-client-principal-name': 'admin',
      'x-ms-token-aad-access-token': 'admin',
      'x-forwarded-user': 'admin',
    };
    expect((await create({ headers: spoofed })).status).toBe(401);
    expect((await create({ headers: { ...spoofed, ...reader } })).status).toBe(403);
  });
});

describe('wrong input names its field', () => {
  const long = 'x'.repeat(21);
  const cases: [string, () => Promise<Reply>, string[]][] = [
    ['a path parameter', () => get({ params: { thingId: 'x'.repeat(11) } }), ['thingId']],
    ['an unknown filter', () => get({ target: 'things/a?colour=red' }), ['colour']],
    ['two unknown filters', () => get({ target: 'things/a?x=1&y=2' }), ['x', 'y']],
    ['a filter of the wrong type', () => get({ target: 'things/a?size=big' }), ['size']],
    ['a filter given twice', () => get({ target: 'things/a?size=1&size=2' }), ['size']],
    ['a filter named __proto__', () => get({ target: 'things/a?__proto__=1' }), ['__proto__']],
    ['a filter with U+0000', () => get({ target: 'things/a?size=%00' }), ['size']],
    ['any filter where none is taken', () => create({ target: 'things?dry=1' }), ['dry']],
    ['a missing member', () => create({ json: {} }), ['name']],
    ['a member of the wrong type', () => create({ json: { name: 7 } }), ['name']],
    ['an over-long text', () => create({ json: { name: long } }), ['name']],
    ['an unknown member', () => create({ json: { name: 'x', colour: 'red' } }), ['colour']],
    [
      'a member of a step',
      () => create({ json: { name: 'x', steps: [{ sequence: 1 }, {}] } }),
      ['steps[1].sequence'],
    ],
    [
      'an unknown member of a step',
      () => create({ json: { name: 'x', steps: [{ sequence: 1, z: 1 }] } }),
      ['steps[0].z'],
    ],
    ['U+0000 in a member', () => create({ json: { name: 'a\0' } }), ['name']],
    ['an array for an object', () => create({ json: [] }), ['']],
    ['no body', () => create({ json: undefined }), ['']],
    ['malformed JSON', () => create({ body: '{"name":' }), ['']],
    ['a malformed If-Match', () => change({ headers: { ...engineer, 'if-match': '3' } }), ['If-Match']],
    [
      'a malformed If-None-Match',
      () => get({ headers: { ...reader, 'if-none-match': '3' } }),
      ['If-None-Match'],
    ],
    [
      'a malformed Idempotency-Key',
      () => create({ headers: { ...engineer, 'idempotency-key': 'a b' } }),
      ['Idempotency-Key'],
    ],
  ];

  it.each(cases)('%s', async (_what, request, paths) => {
    const reply = await request();
    expect(reply).toMatchObject({ status: 400, log: [] });
    expect(reply.headers.get('content-type')).toBe(problem);
    const errors = reply.json['errors'] as { path: string; message: string }[];
    expect(errors.map((error) => error.path)).toEqual(paths);
    expect(errors.every((error) => error.message !== '')).toBe(true);
    expect(created).toBe(0);
  });
});

describe('the body', () => {
  it('larger than the route takes is refused before it is parsed', async () => {
    const reply = await create({ body: '{'.repeat(1001) });
    expect(reply).toMatchObject({ status: 413, json: { code: 'body-too-large', maxBytes: 1000 } });
  });

  it('is refused by its announced length alone', async () => {
    const reply = await create({ headers: { ...engineer, 'content-length': '50000000' } });
    expect(reply.status).toBe(413);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'as %j is a 415',
    async (type) => {
      const reply = await create({ headers: { ...engineer, 'content-type': type } });
      expect(reply).toMatchObject({ status: 415, json: { code: 'media-type-unsupported' } });
    },
  );

  it('may name its character set', async () => {
    const reply = await create({
      headers: { ...engineer, 'content-type': 'Application/JSON; charset=utf-8' },
    });
    expect(reply.status).toBe(201);
  });

  it('may be left out where the schema allows it', async () => {
    expect((await change()).status).toBe(200);
  });
});

describe('conditions', () => {
  it.each(['"3"', 'W/"3"', '"1", "3"', '*'])('If-None-Match: %s gives a 304 without body', async (tag) => {
    const reply = await get({ headers: { ...reader, 'if-none-match': tag } });
    expect(reply).toMatchObject({ status: 304, text: '' });
    expect(reply.headers.get('etag')).toBe('"3"');
    expect(reply.headers.get('content-type')).toBeNull();
  });

  it('another tag gives the whole answer', async () => {
    expect((await get({ headers: { ...reader, 'if-none-match': '"2"' } })).status).toBe(200);
  });

  it('a write that needs If-Match is a 428 without it', async () => {
    const reply = await change({ headers: engineer });
    expect(reply).toMatchObject({
      status: 428,
      json: { errors: [{ path: 'If-Match', message: 'is required' }] },
    });
  });

  it('hands the expected version to the handler', async () => {
    expect((await change()).json).toEqual({ expected: 3 });
    expect((await change({ headers: { ...engineer, 'if-match': '*' } })).json).toEqual({ expected: null });
    expect((await change({ headers: { ...engineer, 'if-match': 'W/"3"' } })).status).toBe(412);
  });
});

describe('errors', () => {
  const broken = (error: unknown): Route => ({
    ...getThing,
    handler: () => {
      throw error;
    },
  });
  const fail = (error: unknown): Promise<Reply> =>
    call(pipeline, broken(error), { target: 'things/a', params: { thingId: 'a' }, headers: reader });

  it('a defect is a 500 that hides its message, logged once under the trace id it shows', async () => {
    const reply = await fail(new Error('password=hunter2'));
    expect(reply).toMatchObject({ status: 500, json: { code: 'internal-error', instance: '/api/things/a' } });
    expect(reply.text).not.toContain('hunter2');
    expect(reply.log).toHaveLength(1);
    expect(reply.log[0]).toMatchObject({
      level: 'error',
      trace_id: reply.json['traceId'],
      'operation.key': 'item.read',
      error: { message: 'password=hunter2', stack: expect.stringContaining('pipeline.test.ts') },
    });
    expect(reply.headers.get('x-trace-id')).toBe(reply.json['traceId']);
  });

  it('a passing fault is a 503 with Retry-After, logged as a warning', async () => {
    const reply = await fail(new UnavailableError('The database is away.', { retryAfterSeconds: 9 }));
    expect(reply.status).toBe(503);
    expect(reply.headers.get('retry-after')).toBe('9');
    expect(reply.log).toEqual([expect.objectContaining({ level: 'warn' })]);
  });

  it('an expected refusal is not logged', async () => {
    expect(await fail(fieldInvalid('size', 'is odd'))).toMatchObject({ status: 400, log: [] });
  });

  it('an answer that breaks its own contract is a defect', async () => {
    const answer = (response: { status: number; body?: unknown }): Promise<Reply> =>
      call(
        pipeline,
        { ...getThing, handler: () => response },
        { params: { thingId: 'a' }, target: 'x', headers: reader },
      );
    expect((await answer({ status: 202 })).status).toBe(500);
    expect((await answer({ status: 200, body: { thingId: 'a', size: 'big' } })).status).toBe(500);
    expect((await answer({ status: 200 })).status).toBe(500);
  });
});

describe('Idempotency-Key', () => {
  const keyed = (key: string, options: Call = {}): Promise<Reply> =>
    create({ ...options, headers: { ...engineer, 'idempotency-key': key, ...options.headers } });

  it('gives the first answer again: status, headers and body', async () => {
    const first = await keyed('k1', { json: { name: 'x', steps: [] } });
    const second = await keyed('k1', { json: { steps: [], name: 'x' } });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second).toMatchObject({ status: 201, json: { number: 1 } });
    expect(second.headers.get('location')).toBe('/api/things/1');
    expect(second.headers.get('content-type')).toBe('application/json');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(created).toBe(1);
  });

  it('with another body is a 409', async () => {
    await keyed('k1');
    expect(await keyed('k1', { json: { name: 'y' } })).toMatchObject({
      status: 409,
      json: { code: 'idempotency-key-reused' },
    });
    expect(created).toBe(1);
  });

  it('belongs to its caller', async () => {
    await keyed('k1');
    await keyed('k1', { headers: { authorization: 'Bearer admin' } });
    expect(created).toBe(2);
  });

  it('at work elsewhere is a 409 that says when to come back', async () => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow: Route = {
      ...createThing,
      handler: async () => {
        entered.resolve();
        await release.promise;
        return { status: 201, body: { number: 1 } };
      },
    };
    const options = { json: { name: 'x' }, headers: { ...engineer, 'idempotency-key': 'k1' } };
    const first = call(pipeline, slow, options);
    await entered.promise;
    const second = await call(pipeline, slow, options);
    expect(second).toMatchObject({ status: 409, json: { code: 'idempotency-key-in-progress' } });
    expect(second.headers.get('retry-after')).toBe('1');
    release.resolve();
    expect((await first).status).toBe(201);
  });

  it('keeps a refusal that a repeat would meet again', async () => {
    failure = fieldInvalid('name', 'is taken');
    const first = await keyed('k1');
    failure = undefined;
    const second = await keyed('k1');
    expect(second).toMatchObject({ status: 400, json: first.json });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it.each([new Error('bug'), new UnavailableError('away')])(
    'does not keep a failure of ours: %s',
    async (error) => {
      failure = error;
      expect((await keyed('k1')).status).toBeGreaterThanOrEqual(500);
      failure = undefined;
      expect(await keyed('k1')).toMatchObject({ status: 201, json: { number: 1 } });
    },
  );

  it('is of no account to a read', async () => {
    expect((await get({ headers: { ...reader, 'idempotency-key': 'any thing' } })).status).toBe(200);
  });
});

it('defineRoute refuses a route that cannot be right', () => {
  const route = (change: object) => () =>
    defineRoute({
      ...facts,
      name: 'things-get',
      method: 'GET',
      path: 'things/{thingId}',
      access: 'anonymous',
      params: z.strictObject({ thingId: text(10) }),
      responses: { 204: { description: 'Nothing' } },
      handler: () => ({ status: 204 }),
      ...change,
    });
  expect(route({ name: 'Things_Get' })).toThrow(/name/);
  expect(route({ path: '/things' })).toThrow(/template/);
  expect(route({ path: 'things/{*rest}' })).toThrow(/template/);
  expect(route({ params: undefined })).toThrow(/without a schema/);
});
