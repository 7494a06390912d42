import { describe, expect, it } from '@jest/globals';
import { type PlanForcing, type Recommendation, checkForcing, chooseForcings } from './decide.ts';
import type { Regression } from './regressions.ts';

const NOW = new Date('2026-05-10T12:00:00.000Z');
const OFF = { engineForces: false, queryStore: 'READ_WRITE', readOnlyReason: 0 };

/** As documented for `sys.dm_db_tuning_recommendations`: CPU time changed from 20 ms to 900 ms. */
const RECOMMENDATION: Recommendation = {
  name: 'PR_1',
  reason: 'Average query CPU time changed from 20ms to 900ms',
  state: 'Active',
  stateReason: 'AutomaticTuningOptionNotEnabled',
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
const REGRESSION: Regression = {
  queryId: 7,
  regressedPlanId: 4,
  regressedCpuMicros: 800_000,
  goodPlanId: 3,
  goodCpuMicros: 10_000,
  gainSeconds: 40,
  foundBy: 'runtimes',
};
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
  failureReason: 'NONE',
  executionsAfter: 50,
  cpuMicrosAfter: 21_000,
};
const choose = (given: Partial<Parameters<typeof chooseForcings>[0]>) =>
  chooseForcings({ tuning: OFF, recommendations: [], regressions: [], forcings: [], ...given });

describe('chooseForcings', () => {
  it('forces what the engine recommends, where the engine does not do it itself', () => {
    expect(choose({ recommendations: [RECOMMENDATION] })).toEqual([
      {
        queryId: 7,
        regressedPlanId: 2,
        regressedCpuMicros: 900_000,
        goodPlanId: 1,
        goodCpuMicros: 20_000,
        gainSeconds: 404.8,
        foundBy: 'engine',
      },
    ]);
    expect(choose({ tuning: { ...OFF, engineForces: true }, recommendations: [RECOMMENDATION] })).toEqual([]);
  });

  it.each([
    ['nothing was found', {}],
    ['it is being tried', { recommendations: [{ ...RECOMMENDATION, state: 'Verifying' }] }],
    ['it was tried in vain', { recommendations: [{ ...RECOMMENDATION, state: 'Reverted' }] }],
    ['it has expired', { recommendations: [{ ...RECOMMENDATION, state: 'Expired' }] }],
    ['it cannot be forced', { recommendations: [{ ...RECOMMENDATION, executable: false }] }],
    ['little would be gained', { recommendations: [{ ...RECOMMENDATION, regressedCpuMicros: 30_000 }] }],
    [
      'the Query Store collects nothing',
      { tuning: { ...OFF, queryStore: 'READ_ONLY' }, regressions: [REGRESSION] },
    ],
    ['it is forced already', { regressions: [REGRESSION], forcings: [FORCING] }],
    [
      'it did not help this week',
      {
        regressions: [REGRESSION],
        forcings: [{ ...FORCING, endedAt: '2026-05-09T00:00:00.000Z', outcome: 2 }],
      },
    ],
  ])('nothing to do: %s', (_what, given) => {
    expect(choose(given)).toEqual([]);
  });

  it('forces a plan that fails less, though it is no faster', () => {
    const failing = { ...RECOMMENDATION, regressedCpuMicros: 20_000, regressedErrors: 5 };
    expect(choose({ recommendations: [failing] })).toHaveLength(1);
  });

  it('forces again what had stood long enough', () => {
    const forcings = [{ ...FORCING, endedAt: '2026-05-10T09:00:00.000Z', outcome: 3 }];
    expect(choose({ regressions: [REGRESSION], forcings })).toEqual([REGRESSION]);
  });

  it('takes a query once, the engine’s finding first, and three queries a round', () => {
    const regressions = [REGRESSION, ...[8, 9, 10].map((queryId) => ({ ...REGRESSION, queryId }))];
    expect(
      choose({ recommendations: [RECOMMENDATION], regressions }).map(({ queryId, foundBy }) => [
        queryId,
        foundBy,
      ]),
    ).toEqual([
      [7, 'engine'],
      [8, 'runtimes'],
      [9, 'runtimes'],
    ]);
  });
});

describe('checkForcing', () => {
  it.each([
    ['it holds and helps', {}, true],
    ['it helps a little', { cpuMicrosAfter: 899_000 }, true],
    ['it has not been used yet', { executionsAfter: 0, cpuMicrosAfter: null }, false],
    ['it has hardly been used, and badly', { executionsAfter: 9, cpuMicrosAfter: 2_000_000 }, false],
  ])('keeps a forcing when %s', (_what, given, held) => {
    expect(checkForcing({ ...FORCING, ...given }, NOW)).toEqual({ step: 'keep', held });
  });

  it.each([
    ['the engine could not force it', { failures: 2, failureReason: 'NO_INDEX' }, 'did-not-hold', true],
    ['it made the query slower', { cpuMicrosAfter: 2_000_000 }, 'made-it-worse', true],
    ['it is no better than before', { cpuMicrosAfter: 900_000 }, 'made-it-worse', true],
    ['it has stood for a month', { forcedAt: '2026-04-10T12:00:00.000Z' }, 'stood-long-enough', true],
    ['somebody has set the plan free', { forced: false }, 'released', false],
    ['the engine has forced it since', { forcingType: 'AUTO', failures: 1 }, 'taken-over', false],
    ['plan and query are forgotten', { forced: null, forcingType: null }, 'gone', false],
  ])('ends a forcing when %s', (_what, given, outcome, unforce) => {
    expect(checkForcing({ ...FORCING, ...given }, NOW)).toEqual({ step: 'end', outcome, unforce });
  });
});
