import { z } from 'zod';
import { type Route, defineRoute } from '../../shared/http/index.ts';
import { createLogger } from '../../shared/telemetry/index.ts';
import { type Clock, systemClock } from '../../shared/time/clock.ts';

/** One dependency that can be asked whether it works. */
export interface HealthProbe {
  /** `sql`, `blob`, `serviceBus`: shown to operators only. */
  readonly name: string;
  /** Throws when the dependency does not work; must give up when `signal` aborts. */
  check(signal: AbortSignal): Promise<void>;
}

export interface HealthOptions {
  readonly probes: readonly HealthProbe[];
  readonly clock?: Clock;
  /** Longest time one probe may take; default 3 s. */
  readonly timeoutMs?: number;
}

interface ProbeResult {
  readonly name: string;
  readonly state: 'ok' | 'failed';
  readonly durationMs: number;
}

const READY_FOR_MS = 5000;
const PROBE_TIMEOUT_MS = 3000;

const OK = { status: 'ok' } as const;
const UNAVAILABLE = { status: 'unavailable' } as const;

const logger = createLogger('health');

const status = z.strictObject({ status: z.enum(['ok', 'unavailable']) });
const report = z.strictObject({
  status: z.enum(['ok', 'unavailable']),
  dependencies: z.array(
    z.strictObject({ name: z.string(), state: z.enum(['ok', 'failed']), durationMs: z.number().min(0) }),
  ),
});
const facts = { method: 'GET', operation: 'system.health', tags: ['Health'] } as const;

/** Is the process alive, can it serve, and which dependency is at fault. Only the last names anything, to operators. */
export function healthRoutes(options: HealthOptions): Route[] {
  const ready = remembered(options, async () => isHealthy(await runProbes(options)));
  return [
    defineRoute({
      ...facts,
      name: 'health-live',
      path: 'health/live',
      summary: 'Is the process alive',
      access: 'anonymous',
      responses: { 200: { description: 'It answers', schema: status } },
      handler: () => ({ status: 200, body: OK }),
    }),
    defineRoute({
      ...facts,
      name: 'health-ready',
      path: 'health/ready',
      summary: 'Can requests be served',
      description: 'The answer is at most 5 seconds old.',
      access: 'anonymous',
      responses: {
        200: { description: 'Everything it needs works', schema: status },
        503: { description: 'Something it needs does not work', schema: status },
      },
      handler: async () =>
        (await ready())
          ? { status: 200, body: OK }
          : { status: 503, body: UNAVAILABLE, headers: { 'Retry-After': '5' } },
    }),
    defineRoute({
      ...facts,
      name: 'health-deep',
      path: 'health/deep',
      summary: 'Which dependency works and how fast',
      access: { roles: ['Mcms.Operator'] },
      responses: {
        200: { description: 'All work', schema: report },
        503: { description: 'At least one does not', schema: report },
      },
      handler: async () => {
        const dependencies = await runProbes(options);
        return isHealthy(dependencies)
          ? { status: 200, body: { ...OK, dependencies } }
          : { status: 503, body: { ...UNAVAILABLE, dependencies } };
      },
    }),
  ];
}

function isHealthy(results: readonly ProbeResult[]): boolean {
  return results.every((result) => result.state === 'ok');
}

async function runProbes({ probes, timeoutMs }: HealthOptions): Promise<ProbeResult[]> {
  return await Promise.all(probes.map((probe) => runProbe(probe, timeoutMs ?? PROBE_TIMEOUT_MS)));
}

async function runProbe(probe: HealthProbe, timeoutMs: number): Promise<ProbeResult> {
  const startedMs = performance.now();
  const giveUp = new AbortController();
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const late = new Error(`no answer within ${timeoutMs} ms`);
    reject(late);
    giveUp.abort(late);
  }, timeoutMs);
  const result = (state: ProbeResult['state']): ProbeResult => ({
    name: probe.name,
    state,
    durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
  });
  try {
    await Promise.race([probe.check(giveUp.signal), limit]);
    return result('ok');
  } catch (error) {
    logger.warn(`health probe ${probe.name} failed`, { error });
    return result('failed');
  } finally {
    clearTimeout(timer);
  }
}

/** Callers within the time share one run of `ask`, also while it is under way. */
function remembered(
  { clock = systemClock }: HealthOptions,
  ask: () => Promise<boolean>,
): () => Promise<boolean> {
  let last: { readonly atMs: number; readonly answer: Promise<boolean> } | undefined;
  return async () => {
    const nowMs = clock.now().getTime();
    if (!last || nowMs >= last.atMs + READY_FOR_MS || nowMs < last.atMs)
      last = { atMs: nowMs, answer: ask() };
    return await last.answer;
  };
}
