import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Reply, call, principal, tokensOf } from '../../tests/support/http-pipeline.ts';
import { createPipeline } from '../../shared/http/index.ts';
import { type HealthProbe, healthRoutes } from './health.ts';

const authenticator = tokensOf({
  operator: principal('operator', 'Mcms.Operator'),
  reader: principal('reader', 'Mcms.Reader'),
});
const pipeline = createPipeline({ authenticator, checkResponses: true });

let nowMs: number;
let checks: number;
let broken: boolean;

beforeEach(() => {
  nowMs = 1_000_000;
  checks = 0;
  broken = false;
});

const sql: HealthProbe = {
  name: 'sql',
  check: async () => {
    checks++;
    if (broken) throw new Error('login failed for secret-server');
  },
};
const blob: HealthProbe = { name: 'blob', check: async () => undefined };
const silent: HealthProbe = { name: 'serviceBus', check: () => new Promise(() => undefined) };

function make(probes: readonly HealthProbe[], timeoutMs?: number) {
  const routes = healthRoutes({
    probes,
    clock: { now: () => new Date(nowMs) },
    ...(timeoutMs ? { timeoutMs } : {}),
  });
  return async (path: string, token = 'operator'): Promise<Reply> => {
    const route = routes.find((one) => one.path === path);
    if (!route) throw new Error(`no route ${path}`);
    return await call(pipeline, route, { headers: { authorization: `Bearer ${token}` } });
  };
}

describe('health/live', () => {
  it('answers whatever the dependencies do, to anybody', async () => {
    broken = true;
    expect(await make([sql])('health/live', 'nobody')).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect(checks).toBe(0);
  });
});

describe('health/ready', () => {
  it('is 200 or 503 to anybody and names nothing', async () => {
    expect(await make([sql, blob])('health/ready', 'nobody')).toMatchObject({
      status: 200,
      json: { status: 'ok' },
    });
    broken = true;
    const reply = await make([sql, blob])('health/ready', 'nobody');
    expect(reply).toMatchObject({ status: 503, json: { status: 'unavailable' } });
    expect(Object.keys(reply.json)).toEqual(['status']);
    expect(reply.headers.get('retry-after')).toBe('5');
  });

  it('asks again only after five seconds, also when many call at once', async () => {
    const ask = make([sql]);
    await Promise.all([ask('health/ready'), ask('health/ready'), ask('health/ready')]);
    broken = true;
    nowMs += 4999;
    expect((await ask('health/ready')).status).toBe(200);
    expect(checks).toBe(1);
    nowMs += 1;
    expect((await ask('health/ready')).status).toBe(503);
    expect(checks).toBe(2);
  });
});

describe('health/deep', () => {
  it('is for operators', async () => {
    expect((await make([sql])('health/deep', 'nobody')).status).toBe(401);
    expect((await make([sql])('health/deep', 'reader')).status).toBe(403);
    expect(checks).toBe(0);
  });

  it('tells state and time of each dependency, and no more', async () => {
    broken = true;
    const reply = await make([sql, blob])('health/deep');
    expect(reply).toMatchObject({
      status: 503,
      json: {
        status: 'unavailable',
        dependencies: [
          { name: 'sql', state: 'failed', durationMs: expect.any(Number) },
          { name: 'blob', state: 'ok', durationMs: expect.any(Number) },
        ],
      },
    });
    expect(reply.text).not.toContain('secret-server');
    expect(JSON.stringify(reply.log)).toContain('secret-server');
  });

  it('gives up on a dependency that does not answer, and tells it so', async () => {
    const aborted = Promise.withResolvers<void>();
    const watching: HealthProbe = {
      name: 'blob',
      check: (signal) => {
        signal.addEventListener('abort', () => aborted.resolve());
        return new Promise(() => undefined);
      },
    };
    const reply = await make([silent, watching], 10)('health/deep');
    await aborted.promise;
    expect(reply).toMatchObject({
      status: 503,
      json: { dependencies: [{ state: 'failed' }, { state: 'failed' }] },
    });
  });
});
