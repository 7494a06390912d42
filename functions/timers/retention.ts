import { app } from '@azure/functions';
import { removeUnusedLanes } from '../../shared/cam-commands/index.ts';
import { removeOldCommitMarkers } from '../../shared/data/index.ts';
import { archiveHistory } from '../../shared/history/index.ts';
import { removeExpiredKeys } from '../../shared/idempotency/index.ts';
import { removeOldNotifications } from '../../shared/notifications/index.ts';
import { createLogger } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { runRound } from './round.ts';

const BATCH = 500;
/** Below the 5,000 locks at which SQL Server would lock the whole table. */
const HISTORY_BATCH = 4000;
/** A first archiving of years goes on in the next hour; the host ends a round after ten minutes. */
const HISTORY_BUDGET_MS = 5 * 60_000;
const log = createLogger('timers');

/** Every hour at :17: removes what has a time to live and is past it, and moves old history to the archive where that is set. */
export function registerRetention(deps: AppDeps, historyArchiveAfterMs: number | undefined): void {
  app.timer('retention', {
    schedule: '0 17 * * * *',
    handler: async () => {
      await runRound('retention.run', async () => {
        while ((await removeExpiredKeys(deps, BATCH)) === BATCH);
        while ((await removeOldCommitMarkers(deps, BATCH)) === BATCH);
        while ((await removeOldNotifications(deps, BATCH)) > 0);
        await removeUnusedLanes(deps);
        if (historyArchiveAfterMs !== undefined) await archiveOldHistory(deps, historyArchiveAfterMs);
      });
    },
  });
}

async function archiveOldHistory(deps: AppDeps, afterMs: number): Promise<void> {
  const endMs = deps.clock.now().getTime() + HISTORY_BUDGET_MS;
  let archived = 0;
  for (
    let moved = HISTORY_BATCH;
    moved === HISTORY_BATCH && deps.clock.now().getTime() < endMs;
    archived += moved
  ) {
    moved = await archiveHistory(deps, { afterMs, count: HISTORY_BATCH });
  }
  if (archived > 0) log.info('old history moved to the archive', { archived });
}
