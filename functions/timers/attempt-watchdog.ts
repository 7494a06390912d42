import { app } from '@azure/functions';
import * as df from 'durable-functions';
import {
  UNWATCHED,
  abandonAttempt,
  findLostAttempts,
  instanceIdOf,
} from '../../shared/cam-commands/index.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { createLogger } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { instanceState, raiseEvent } from '../messaging/instances.ts';
import { runRound } from './round.ts';

const log = createLogger('timers');

/**
 * Every 5 s: tells the orchestrations of attempts whose agent has not been heard of for a whole lease. Where the orchestration
 * itself is gone, it ends the command.
 */
export function registerAttemptWatchdog(deps: AppDeps): void {
  let memory = UNWATCHED;
  app.timer('attempt-watchdog', {
    schedule: '2-57/5 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer, context) => {
      const before = memory;
      memory = UNWATCHED;
      await runRound('attempt.watch', async () => {
        const round = await findLostAttempts(deps, before);
        memory = round.memory;
        const client = df.getClient(context);
        for (const item of round.lost) await tellOrEnd(deps, client, item);
      });
    },
  });
}

/** One that cannot be told of does not keep the others from it: it is looked at again in the next round. */
async function tellOrEnd(deps: AppDeps, client: df.DurableClient, item: LostAttempt): Promise<void> {
  const { commandId, run, attempt, attemptId } = item;
  const instanceId = instanceIdOf({ commandId, run });
  try {
    if ((await instanceState(client, instanceId)) === 'open') {
      const data = { attemptId };
      await raiseEvent(client, { instanceId, eventName: `lost.${run}.${attempt}`, data });
    } else {
      log.error('a lost attempt has no orchestration any more: its command fails', { instanceId, attemptId });
      await abandonAttempt(deps, { commandId, run, attempt });
    }
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    log.error('a lost attempt could not be told of; the next round tries again', {
      instanceId,
      attemptId,
      error,
    });
  }
}

type LostAttempt = Awaited<ReturnType<typeof findLostAttempts>>['lost'][number];
