import { app } from '@azure/functions';
import { reprocessFailed } from '../../shared/cam-commands/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import { createLogger } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { messageTargets } from '../outbox-targets.ts';
import { runRound } from './round.ts';

const log = createLogger('timers');

/** Every 15 s: runs failed commands once more whose time has come and of whose failure the operators have been told. */
export function registerReprocess(deps: AppDeps): void {
  app.timer('reprocess', {
    schedule: '4-59/15 * * * * *',
    handler: async () => {
      await runRound('command.reprocess', async () => {
        const { runs, outboxIds } = await reprocessFailed(deps);
        if (runs > 0) log.info('failed commands run once more', { runs });
        await publish({ ...deps, targets: messageTargets(deps.sender) }, outboxIds);
      });
    },
  });
}
