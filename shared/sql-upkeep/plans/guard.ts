import { UnavailableError } from '../../errors.ts';
import { annotate, createLogger } from '../../telemetry/index.ts';
import type { Clock } from '../../time/clock.ts';
import { FORCING_LIMITS, type Outcome, type PlanForcing, checkForcing, chooseForcings } from './decide.ts';
import type { PlanRepository } from './repository.ts';
import { REGRESSION_LIMITS, type Regression, findRegressions } from './regressions.ts';

const log = createLogger('sql-upkeep');
/** Endings that an operator should look at. */
const BAD_OUTCOMES: ReadonlySet<Outcome> = new Set(['not-forced', 'did-not-hold', 'made-it-worse']);

export interface GuardReport {
  readonly forced: number;
  readonly ended: number;
  readonly kept: number;
  /** Findings of the engine that were reported for the first time. */
  readonly observed: number;
}

/**
 * Watches over plans that got worse: reports what the engine finds and forces, forces the last good plan itself where the engine does
 * not, looks in later rounds whether that held and helped, and undoes its own forcings that did not. Others' forcings are left alone.
 */
export class PlanGuard {
  readonly #repository: PlanRepository;
  readonly #clock: Clock;
  /** Recommendations reported by this process, with the state they were in. */
  readonly #reported = new Map<string, string>();
  #saidNotPermitted = false;

  constructor(deps: { readonly repository: PlanRepository; readonly clock: Clock }) {
    this.#repository = deps.repository;
    this.#clock = deps.clock;
  }

  async round(): Promise<GuardReport> {
    const tuning = await this.#repository.tuning();
    if (!tuning || tuning.queryStore !== 'READ_WRITE') {
      log.warn('the Query Store collects nothing: regressions of plans are not seen', {
        queryStore: tuning?.queryStore ?? 'OFF',
        readOnlyReason: tuning?.readOnlyReason,
      });
      return { forced: 0, ended: 0, kept: 0, observed: 0 };
    }
    const forcings = await this.#repository.forcings(FORCING_LIMITS.coolDownMinutes);
    const open = forcings.filter((forcing) => forcing.endedAt === null);
    const ended = await this.#check(open);
    const recommendations = await this.#recommendations();
    const observed = this.#observe(recommendations);
    const chosen = chooseForcings({
      tuning,
      recommendations,
      regressions: tuning.engineForces
        ? []
        : findRegressions(await this.#repository.runtimes(REGRESSION_LIMITS)),
      forcings,
    });
    let forced = 0;
    for (const regression of chosen) forced += (await this.#force(regression)) ? 1 : 0;
    const report = { forced, ended, kept: open.length - ended, observed };
    annotate(
      Object.fromEntries(Object.entries(report).map(([name, count]) => [`mcms.plans.${name}`, count])),
    );
    return report;
  }

  /** @returns how many ended */
  async #check(open: readonly PlanForcing[]): Promise<number> {
    let ended = 0;
    for (const forcing of open) {
      const check = checkForcing(forcing, this.#clock.now());
      if (check.step === 'keep') continue;
      await this.#repository.end(forcing, check);
      ended += 1;
      const fields = {
        ...(await this.#query(forcing.queryId)),
        planId: forcing.planId,
        regressedPlanId: forcing.regressedPlanId,
        outcome: check.outcome,
        cpuMicrosBefore: forcing.regressedCpuMicros,
        cpuMicrosAfter: forcing.cpuMicrosAfter,
        executionsAfter: forcing.executionsAfter,
        failureReason: forcing.failureReason,
      };
      if (BAD_OUTCOMES.has(check.outcome)) log.warn('a forced plan was set free again', fields);
      else log.info('a forced plan is no longer the guard’s', fields);
    }
    return ended;
  }

  async #recommendations() {
    const recommendations = await this.#repository.recommendations();
    if (!recommendations && !this.#saidNotPermitted) {
      this.#saidNotPermitted = true;
      log.info('the app may not see the engine’s tuning recommendations; the guard compares runtimes itself');
    }
    return recommendations ?? [];
  }

  #observe(recommendations: readonly { readonly name: string; readonly state: string }[]): number {
    const news = recommendations.filter(({ name, state }) => this.#reported.get(name) !== state);
    for (const recommendation of news) {
      log.info('the engine has found a plan that got worse', { ...recommendation });
    }
    this.#reported.clear();
    for (const { name, state } of recommendations) this.#reported.set(name, state);
    return news.length;
  }

  async #force(regression: Regression): Promise<boolean> {
    const fields = {
      ...(await this.#query(regression.queryId)),
      planId: regression.goodPlanId,
      regressedPlanId: regression.regressedPlanId,
      cpuMicrosBefore: Math.round(regression.regressedCpuMicros),
      cpuMicrosExpected: Math.round(regression.goodCpuMicros),
      gainSeconds: Math.round(regression.gainSeconds),
      foundBy: regression.foundBy,
    };
    try {
      await this.#repository.force(regression);
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      log.warn('a plan that got worse could not be replaced by the last good one', { ...fields, error });
      return false;
    }
    log.warn('a plan got worse: the last good one was forced', fields);
    return true;
  }

  async #query(queryId: number) {
    return { queryId, ...(await this.#repository.queryText(queryId)) };
  }
}
