import { app } from '@azure/functions';
import { bellsToRing, endPastPauses, ringEach } from '../../shared/cam-commands/index.ts';
import type { AppDeps } from '../deps.ts';
import { runRound } from './round.ts';

/** Every 10 s: rings again for work that waits, in case a bell was lost or nobody was free to hear it, or a pause has ended by itself. */
export function registerWorkSweeper(deps: AppDeps): void {
  app.timer('work-sweeper', {
    schedule: '*/10 * * * * *',
    handler: async () => {
      await runRound('work.sweep', async () => {
        await endPastPauses(deps);
        await ringEach(deps.sender, await bellsToRing(deps));
      });
    },
  });
}
