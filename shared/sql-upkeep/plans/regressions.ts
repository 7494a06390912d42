/** Finished executions of a plan in a span of time; CPU times in microseconds, of one execution. */
export interface PlanRuntime {
  readonly queryId: number;
  readonly planId: number;
  /** In the last hours; otherwise before that. */
  readonly recent: boolean;
  readonly executions: number;
  readonly cpuMicros: number;
  readonly cpuDeviation: number;
  readonly forced: boolean;
}

/** A query that runs worse with the plan it has now than with one it had before. */
export interface Regression {
  readonly queryId: number;
  readonly regressedPlanId: number;
  readonly regressedCpuMicros: number;
  readonly goodPlanId: number;
  readonly goodCpuMicros: number;
  /** CPU time that the good plan would have saved, in seconds, over the executions looked at. */
  readonly gainSeconds: number;
  /** Found by the engine, or by comparing runtimes ourselves. */
  readonly foundBy: 'engine' | 'runtimes';
}

/**
 * When a change of plan counts as a regression. Ten seconds of CPU is from where the engine acts itself; twice the time, more than
 * three standard errors apart, is not chance; below ten executions there is nothing to compare.
 * https://learn.microsoft.com/sql/relational-databases/automatic-tuning/automatic-tuning
 */
export const REGRESSION_LIMITS = {
  recentMinutes: 2 * 60,
  historyMinutes: 7 * 24 * 60,
  executions: 10,
  factor: 2,
  standardErrors: 3,
  gainSeconds: 10,
} as const;

/** Regressions that the runtimes show, largest gain first. A query with a forced plan is left alone. */
export function findRegressions(runtimes: readonly PlanRuntime[]): Regression[] {
  const byQuery = Map.groupBy(runtimes, (runtime) => runtime.queryId);
  return [...byQuery.values()]
    .flatMap((plans) => regressionOf(plans) ?? [])
    .toSorted((a, b) => b.gainSeconds - a.gainSeconds);
}

function regressionOf(plans: readonly PlanRuntime[]): Regression | undefined {
  if (plans.some((plan) => plan.forced)) return undefined;
  const enough = plans.filter((plan) => plan.executions >= REGRESSION_LIMITS.executions);
  const now = largest(
    enough.filter((plan) => plan.recent),
    (plan) => plan.executions,
  );
  if (!now) return undefined;
  const good = largest(
    enough.filter((plan) => !plan.recent && plan.planId !== now.planId),
    (plan) => -plan.cpuMicros,
  );
  if (!good || !isClearlyWorse(now, good)) return undefined;
  const gainSeconds = (now.executions * (now.cpuMicros - good.cpuMicros)) / 1e6;
  if (gainSeconds < REGRESSION_LIMITS.gainSeconds) return undefined;
  return {
    queryId: now.queryId,
    regressedPlanId: now.planId,
    regressedCpuMicros: now.cpuMicros,
    goodPlanId: good.planId,
    goodCpuMicros: good.cpuMicros,
    gainSeconds,
    foundBy: 'runtimes',
  };
}

function isClearlyWorse(now: PlanRuntime, good: PlanRuntime): boolean {
  const difference = now.cpuMicros - good.cpuMicros;
  const standardError = Math.sqrt(
    now.cpuDeviation ** 2 / now.executions + good.cpuDeviation ** 2 / good.executions,
  );
  return (
    now.cpuMicros >= good.cpuMicros * REGRESSION_LIMITS.factor &&
    difference > standardError * REGRESSION_LIMITS.standardErrors
  );
}

function largest<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  return items.toSorted((a, b) => value(b) - value(a))[0];
}
