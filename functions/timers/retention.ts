import { app } from '@azure/functions';
import { removeOldCommitMarkers } from '../../shared/data/index.ts';
import { removeExpiredKeys } from '../../shared/idempotency/index.ts';
import type { AppDeps } from '../deps.ts';
import { runRound } from './round.ts';

const BATCH = 500;

/** Every hour at :17: removes what has a time to live and is past it. */
export function registerRetention(deps: AppDeps): void {
  app.timer('retention', {
    schedule: '0 17 * * * *',
    handler: async () => {
      await runRound('retention.run', async () => {
        while ((await removeExpiredKeys(deps, BATCH)) === BATCH);
        while ((await removeOldCommitMarkers(deps, BATCH)) === BATCH);
      });
    },
  });
}
