import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { runBulkActions } from '../../shared/cam-commands/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import type { AppDeps } from '../deps.ts';
import { outboxTargets } from '../outbox-targets.ts';
import { runRound } from './round.ts';

/** Commands a round. */
const LIMIT = 200;

/** Every 2 s: goes on with bulk actions that run. */
export function registerBulkRunner(deps: AppDeps): void {
  app.timer('bulk-runner', {
    schedule: '*/2 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      runRound('bulk.run', async () => {
        const targets = outboxTargets(deps, df.getClient(context));
        const { outboxIds } = await runBulkActions(deps, { limit: LIMIT });
        await publish({ ...deps, targets }, outboxIds);
      }),
  });
}
