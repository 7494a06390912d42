import { describe, expect, it } from '@jest/globals';
import { type PlanRuntime, findRegressions } from './regressions.ts';

/** Query 7 ran with plan 1 at 20 ms last week, and runs with plan 2 at 900 ms now. */
const GOOD: PlanRuntime = {
  queryId: 7,
  planId: 1,
  recent: false,
  executions: 4000,
  cpuMicros: 20_000,
  cpuDeviation: 5000,
  forced: false,
};
const BAD: PlanRuntime = {
  ...GOOD,
  planId: 2,
  recent: true,
  executions: 60,
  cpuMicros: 900_000,
  cpuDeviation: 40_000,
};

describe('findRegressions', () => {
  it('finds a plan that got clearly worse, and what it costs', () => {
    expect(findRegressions([GOOD, BAD])).toEqual([
      {
        queryId: 7,
        regressedPlanId: 2,
        regressedCpuMicros: 900_000,
        goodPlanId: 1,
        goodCpuMicros: 20_000,
        gainSeconds: 52.8,
        foundBy: 'runtimes',
      },
    ]);
  });

  it.each([
    ['nothing ran', []],
    ['there is only one plan', [{ ...GOOD, recent: true }, GOOD]],
    ['the new plan is better', [GOOD, { ...BAD, cpuMicros: 5000 }]],
    ['the new plan is a little worse', [GOOD, { ...BAD, executions: 5000, cpuMicros: 30_000 }]],
    ['the new plan has hardly run', [GOOD, { ...BAD, executions: 9 }]],
    ['the old plan had hardly run', [{ ...GOOD, executions: 9 }, BAD]],
    ['the old plan runs most of the time still', [GOOD, { ...GOOD, recent: true, executions: 500 }, BAD]],
    ['little is lost', [GOOD, { ...BAD, executions: 11 }]],
    [
      'times scatter so that it may be chance',
      [
        { ...GOOD, executions: 10, cpuDeviation: 900_000 },
        { ...BAD, cpuDeviation: 2_000_000 },
      ],
    ],
    ['somebody has forced a plan', [{ ...GOOD, forced: true }, BAD]],
  ])('nothing to do: %s', (_what, runtimes) => {
    expect(findRegressions(runtimes)).toEqual([]);
  });

  it('takes the best plan there was, and the largest loss first', () => {
    const better = { ...GOOD, planId: 3, cpuMicros: 9000 };
    const other = [GOOD, { ...BAD, cpuMicros: 5_000_000 }].map((plan) => ({
      ...plan,
      queryId: 8,
      planId: plan.planId + 10,
    }));
    expect(
      findRegressions([GOOD, better, BAD, ...other]).map(({ queryId, goodPlanId }) => [queryId, goodPlanId]),
    ).toEqual([
      [8, 11],
      [7, 3],
    ]);
  });
});
