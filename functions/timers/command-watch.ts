import { type InvocationContext, type Timer, app } from '@azure/functions';
import * as df from 'durable-functions';
import {
  type OpenRun,
  type RunState,
  NOTHING_SEEN,
  endAbandoned,
  instanceIdOf,
  runsToWatch,
  sendAgain,
  watchStep,
} from '../../shared/cam-commands/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import { createLogger } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { instanceState } from '../messaging/instances.ts';
import { messageTargets } from '../outbox-targets.ts';
import { runRound } from './round.ts';

const log = createLogger('timers');

/**
 * Every minute: looks whether open commands have an orchestration, a batch of them a round. One whose orchestration was ended from
 * outside is ended; one that none has begun gets its message sent again.
 */
export function registerCommandWatch(deps: AppDeps): void {
  let memory = NOTHING_SEEN;
  app.timer('command-watch', {
    schedule: '23 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: async (_timer: Timer, context: InvocationContext) => {
      await runRound('command.watch', async () => {
        const client = df.getClient(context);
        const { runs, after } = await runsToWatch(deps, memory);
        const seen: (readonly [OpenRun, RunState])[] = [];
        for (const run of runs) seen.push([run, await instanceState(client, instanceIdOf(run))]);
        const step = watchStep(memory, { seen, after, now: deps.clock.now() });
        memory = step.memory;
        for (const run of step.end) {
          log.error('an open command has no orchestration any more: it is ended', { ...run });
          await endAbandoned(deps, run);
        }
        const outboxIds: string[] = [];
        for (const run of step.restart) {
          log.warn('no orchestration has begun a command: its message is sent again', { ...run });
          outboxIds.push(...(await sendAgain(deps, run)));
        }
        await publish({ ...deps, targets: messageTargets(deps.sender) }, outboxIds);
      });
    },
  });
}
