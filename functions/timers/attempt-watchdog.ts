import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { type WatchdogMemory, findLostAttempts, instanceIdOf } from '../../shared/cam-commands/index.ts';
import type { AppDeps } from '../deps.ts';
import { raiseEvent } from '../messaging/instances.ts';
import { runRound } from './round.ts';

/** Every 5 s: tells the orchestrations of attempts whose agent has not been heard of for a whole lease. */
export function registerAttemptWatchdog(deps: AppDeps): void {
  let memory: WatchdogMemory = { healthySince: null };
  app.timer('attempt-watchdog', {
    schedule: '2-57/5 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      const round = await runRound('attempt.watch', () => findLostAttempts(deps, memory));
      memory = round?.memory ?? { healthySince: null };
      const client = df.getClient(context);
      for (const item of round?.lost ?? []) {
        await raiseEvent(client, {
          instanceId: instanceIdOf(item),
          eventName: `lost.${item.run}.${item.attempt}`,
          data: { attemptId: item.attemptId },
        });
      }
    },
  });
}
