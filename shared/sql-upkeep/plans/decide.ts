import { REGRESSION_LIMITS, type Regression } from './regressions.ts';

export interface PlanTuning {
  /** The engine forces the last good plan itself. */
  readonly engineForces: boolean;
  readonly queryStore: string;
  readonly readOnlyReason: number;
}

/** What the engine found (`sys.dm_db_tuning_recommendations`); CPU times in microseconds, of one execution. */
export interface Recommendation {
  readonly name: string;
  readonly reason: string;
  /** Active, Verifying, Success, Reverted, Expired. */
  readonly state: string;
  readonly stateReason: string | null;
  readonly executable: boolean;
  readonly queryId: number;
  readonly regressedPlanId: number;
  readonly recommendedPlanId: number;
  readonly regressedExecutions: number;
  readonly regressedErrors: number;
  readonly regressedCpuMicros: number;
  readonly recommendedExecutions: number;
  readonly recommendedErrors: number;
  readonly recommendedCpuMicros: number;
}

/** A plan that this guard forced; its numbers in `mcms.PlanForcing`. */
export interface PlanForcing {
  readonly seq: number;
  readonly queryId: number;
  readonly planId: number;
  readonly regressedPlanId: number;
  readonly regressedCpuMicros: number;
  readonly goodCpuMicros: number;
  readonly forcedAt: string;
  readonly endedAt: string | null;
  readonly outcome: number | null;
  /** Null: the Query Store knows plan or query no more. */
  readonly forced: boolean | null;
  readonly forcingType: string | null;
  readonly failures: number;
  readonly failureReason: string | null;
  /** Finished since the forcing, whatever plan they had. */
  readonly executionsAfter: number;
  readonly cpuMicrosAfter: number | null;
}

/** How a forcing ended, by its number in `mcms.PlanForcing`. */
export const OUTCOMES = {
  'not-forced': 0,
  'did-not-hold': 1,
  'made-it-worse': 2,
  'stood-long-enough': 3,
  released: 4,
  'taken-over': 5,
  gone: 6,
} as const;
export type Outcome = keyof typeof OUTCOMES;

/**
 * - A forcing is judged after as many executions as a regression takes.
 * - It is lifted after a month, so that the optimizer may find a plan for the data of then; a regression would be found again.
 * - What did not help is not tried again for a week.
 * - A few a round: each is watched before there are many.
 */
export const FORCING_LIMITS = {
  executions: REGRESSION_LIMITS.executions,
  standsMinutes: 30 * 24 * 60,
  coolDownMinutes: 7 * 24 * 60,
  perRound: 3,
} as const;

/** `keep`: it holds, or has not been used enough to tell. Otherwise it ends; `unforce` when the plan has to be set free first. */
export type ForcingCheck =
  | { readonly step: 'keep'; readonly held: boolean }
  | { readonly step: 'end'; readonly outcome: Outcome; readonly unforce: boolean };

/** What becomes of an open forcing. No better than the regressed plan counts as worse: it is not worth its keep. */
export function checkForcing(forcing: PlanForcing, now: Date): ForcingCheck {
  if (forcing.forced === null) return { step: 'end', outcome: 'gone', unforce: false };
  if (!forcing.forced) return { step: 'end', outcome: 'released', unforce: false };
  if (forcing.forcingType === 'AUTO') return { step: 'end', outcome: 'taken-over', unforce: false };
  if (forcing.failures > 0) return { step: 'end', outcome: 'did-not-hold', unforce: true };
  const judged = forcing.executionsAfter >= FORCING_LIMITS.executions;
  if (judged && (forcing.cpuMicrosAfter ?? 0) >= forcing.regressedCpuMicros) {
    return { step: 'end', outcome: 'made-it-worse', unforce: true };
  }
  const ageMinutes = (now.getTime() - Date.parse(forcing.forcedAt)) / 60_000;
  if (ageMinutes >= FORCING_LIMITS.standsMinutes) {
    return { step: 'end', outcome: 'stood-long-enough', unforce: true };
  }
  return { step: 'keep', held: judged };
}

/**
 * The plans to force now. None where the engine does it, or where the Query Store collects nothing; the engine's own findings come
 * before those of the runtimes; a query that the guard has forced, or tried in vain of late, is left alone.
 */
export function chooseForcings(found: {
  readonly tuning: PlanTuning;
  readonly recommendations: readonly Recommendation[];
  readonly regressions: readonly Regression[];
  readonly forcings: readonly PlanForcing[];
}): Regression[] {
  if (found.tuning.engineForces || found.tuning.queryStore !== 'READ_WRITE') return [];
  const taken = new Set(found.forcings.filter(keepsAway).map((forcing) => forcing.queryId));
  const chosen: Regression[] = [];
  for (const regression of [...found.recommendations.flatMap(fromEngine), ...found.regressions]) {
    if (taken.has(regression.queryId)) continue;
    taken.add(regression.queryId);
    chosen.push(regression);
  }
  return chosen.slice(0, FORCING_LIMITS.perRound);
}

/** One that ended because it had stood long enough may come again at once. */
function keepsAway({ endedAt, outcome }: PlanForcing): boolean {
  return endedAt === null || outcome !== OUTCOMES['stood-long-enough'];
}

/** Acts on what the engine would: a gain of ten seconds, or a plan that fails more often. */
function fromEngine(recommendation: Recommendation): Regression[] {
  const { regressedCpuMicros, recommendedCpuMicros, regressedExecutions, recommendedExecutions } =
    recommendation;
  if (recommendation.state !== 'Active' || !recommendation.executable) return [];
  const gainSeconds =
    ((regressedExecutions + recommendedExecutions) * (regressedCpuMicros - recommendedCpuMicros)) / 1e6;
  const errorProne = recommendation.regressedErrors > recommendation.recommendedErrors;
  if (gainSeconds < REGRESSION_LIMITS.gainSeconds && !errorProne) return [];
  return [
    {
      queryId: recommendation.queryId,
      regressedPlanId: recommendation.regressedPlanId,
      regressedCpuMicros,
      goodPlanId: recommendation.recommendedPlanId,
      goodCpuMicros: recommendedCpuMicros,
      gainSeconds,
      foundBy: 'engine',
    },
  ];
}
