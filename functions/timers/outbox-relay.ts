import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { relayOutbox } from '../../shared/outbox/index.ts';
import type { AppDeps } from '../deps.ts';
import { outboxTargets } from '../outbox-targets.ts';
import { runRound } from './round.ts';

/** Every 5 s: publishes what a crash or an outage left in the outbox. */
export function registerOutboxRelay(deps: AppDeps): void {
  app.timer('outbox-relay', {
    schedule: '*/5 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      runRound('outbox.relay', async () => {
        await relayOutbox({ ...deps, targets: outboxTargets(deps, df.getClient(context)) });
      }),
  });
}
