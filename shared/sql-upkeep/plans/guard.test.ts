import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailableError } from '../../data/index.ts';
import { withLogSink } from '../../telemetry/index.ts';
import type { PlanForcing, PlanTuning, Recommendation } from './decide.ts';
import { PlanGuard } from './guard.ts';
import type { PlanRepository } from './repository.ts';
import type { PlanRuntime, Regression } from './regressions.ts';

const RUNTIMES: readonly PlanRuntime[] = [
  {
    queryId: 7,
    planId: 1,
    recent: false,
    executions: 4000,
    cpuMicros: 20_000,
    cpuDeviation: 100,
    forced: false,
  },
  {
    queryId: 7,
    planId: 2,
    recent: true,
    executions: 60,
    cpuMicros: 900_000,
    cpuDeviation: 100,
    forced: false,
  },
];
const FORCING: PlanForcing = {
  seq: 1,
  queryId: 7,
  planId: 1,
  regressedPlanId: 2,
  regressedCpuMicros: 900_000,
  goodCpuMicros: 20_000,
  forcedAt: '2026-05-10T10:00:00.000Z',
  endedAt: null,
  outcome: null,
  forced: true,
  forcingType: 'MANUAL',
  failures: 0,
  failureReason: null,
  executionsAfter: 50,
  cpuMicrosAfter: 21_000,
};

interface Server {
  tuning: PlanTuning;
  recommendations: readonly Recommendation[] | undefined;
  runtimes: readonly PlanRuntime[];
  forcings: readonly PlanForcing[];
  forceFails?: Error;
}

function setUp(given: Partial<Server> = {}) {
  const server: Server = {
    tuning: { engineForces: false, queryStore: 'READ_WRITE', readOnlyReason: 0 },
    recommendations: [],
    runtimes: [],
    forcings: [],
    ...given,
  };
  const forced: Regression[] = [];
  const ended: string[] = [];
  const repository: PlanRepository = {
    capabilities: async () => new Set(['query-store']),
    tuning: async () => server.tuning,
    recommendations: async () => server.recommendations,
    runtimes: async () => server.runtimes,
    forcings: async () => server.forcings,
    queryText: async (queryId) => ({ queryText: `select ${queryId}`, queryHash: '0x00000000000000FF' }),
    force: async (regression) => {
      if (server.forceFails) throw server.forceFails;
      forced.push(regression);
    },
    end: async ({ seq }, { outcome, unforce }) => {
      ended.push(`${seq} ${outcome}${unforce ? ' unforced' : ''}`);
    },
  };
  const guard = new PlanGuard({ repository, clock: { now: () => new Date('2026-05-10T12:00:00.000Z') } });
  const lines: Record<string, unknown>[] = [];
  const round = () =>
    withLogSink(
      (_level, line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      () => guard.round(),
    );
  return { server, round, lines, forced, ended };
}

describe('the plan guard', () => {
  it('says nothing when there is nothing to do', async () => {
    const { round, lines } = setUp();
    expect(await round()).toEqual({ forced: 0, ended: 0, kept: 0, observed: 0 });
    expect(lines).toEqual([]);
  });

  it('forces the last good plan and warns, naming the query and both plans', async () => {
    const { round, lines, forced } = setUp({ runtimes: RUNTIMES });
    expect(await round()).toMatchObject({ forced: 1 });
    expect(forced).toMatchObject([{ queryId: 7, goodPlanId: 1, regressedPlanId: 2 }]);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        queryId: 7,
        queryText: 'select 7',
        queryHash: '0x00000000000000FF',
        planId: 1,
        regressedPlanId: 2,
        cpuMicrosBefore: 900_000,
        cpuMicrosExpected: 20_000,
        foundBy: 'runtimes',
      },
    ]);
  });

  it('keeps a forcing that holds, without a word', async () => {
    const { round, lines, ended } = setUp({ forcings: [FORCING] });
    expect(await round()).toEqual({ forced: 0, ended: 0, kept: 1, observed: 0 });
    expect([lines, ended]).toEqual([[], []]);
  });

  it.each([
    ['did not hold', { failures: 1, failureReason: 'NO_PLAN' }, 'did-not-hold'],
    ['made it worse', { cpuMicrosAfter: 3_000_000 }, 'made-it-worse'],
  ])('undoes its own forcing that %s, and warns with before and after', async (_what, given, outcome) => {
    const { round, lines, ended } = setUp({ forcings: [{ ...FORCING, ...given }] });
    expect(await round()).toMatchObject({ ended: 1, kept: 0 });
    expect(ended).toEqual([`1 ${outcome} unforced`]);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        outcome,
        queryText: 'select 7',
        planId: 1,
        cpuMicrosBefore: 900_000,
        ...('cpuMicrosAfter' in given ? { cpuMicrosAfter: 3_000_000 } : { failureReason: 'NO_PLAN' }),
      },
    ]);
  });

  it('leaves to the engine what the engine does, and reports each finding once', async () => {
    const recommendation: Recommendation = {
      name: 'PR_1',
      reason: 'Average query CPU time changed from 20ms to 900ms',
      state: 'Verifying',
      stateReason: 'LastGoodPlanForced',
      executable: true,
      queryId: 7,
      regressedPlanId: 2,
      recommendedPlanId: 1,
      regressedExecutions: 60,
      regressedErrors: 0,
      regressedCpuMicros: 900_000,
      recommendedExecutions: 400,
      recommendedErrors: 0,
      recommendedCpuMicros: 20_000,
    };
    const { server, round, lines, forced } = setUp({
      tuning: { engineForces: true, queryStore: 'READ_WRITE', readOnlyReason: 0 },
      runtimes: RUNTIMES,
      recommendations: [recommendation],
    });
    expect(await round()).toMatchObject({ forced: 0, observed: 1 });
    expect(await round()).toMatchObject({ observed: 0 });
    server.recommendations = [{ ...recommendation, state: 'Success' }];
    expect(await round()).toMatchObject({ observed: 1 });
    expect(lines.map((line) => [line['level'], line['state']])).toEqual([
      ['info', 'Verifying'],
      ['info', 'Success'],
    ]);
    expect(forced).toEqual([]);
  });

  it('goes by runtimes where it may not see the recommendations, and says so once', async () => {
    const { round, lines, forced } = setUp({ recommendations: undefined, runtimes: RUNTIMES });
    await round();
    await round();
    expect(forced).toHaveLength(2);
    expect(lines.filter((line) => line['level'] === 'info')).toHaveLength(1);
  });

  it('goes on when a plan cannot be forced; an absent database ends the round', async () => {
    const { server, round, lines } = setUp({ runtimes: RUNTIMES, forceFails: new Error('12406') });
    expect(await round()).toMatchObject({ forced: 0 });
    expect(lines).toMatchObject([{ level: 'warn', queryId: 7, error: { message: '12406' } }]);
    server.forceFails = new DatabaseUnavailableError(new Error('gone'));
    await expect(round()).rejects.toBe(server.forceFails);
  });

  it('warns when the Query Store collects nothing', async () => {
    const tuning = { engineForces: false, queryStore: 'READ_ONLY', readOnlyReason: 65_536 };
    const { round, lines } = setUp({ tuning, runtimes: RUNTIMES });
    expect(await round()).toMatchObject({ forced: 0 });
    expect(lines).toMatchObject([{ level: 'warn', queryStore: 'READ_ONLY', readOnlyReason: 65_536 }]);
  });
});
