import { app } from '@azure/functions';
import { CapabilityGate, PlanGuard, type PlanRepository } from '../../shared/sql-upkeep/index.ts';
import type { Clock } from '../../shared/time/clock.ts';
import { runRound } from './round.ts';

/** Every 15 minutes, the interval of the Query Store: finds plans that got worse, and looks after the forcings that were the answer. */
export function registerPlanRegressionGuard(deps: {
  readonly plans: PlanRepository;
  readonly clock: Clock;
}): void {
  const gate = new CapabilityGate('plan-regression-guard', ['query-store']);
  const guard = new PlanGuard({ repository: deps.plans, clock: deps.clock });
  app.timer('plan-regression-guard', {
    schedule: '30 3-59/15 * * * *',
    handler: async () => {
      await runRound('sql.maintenance', async () => {
        if (await gate.isOpen(deps.plans)) await guard.round();
      });
    },
  });
}
