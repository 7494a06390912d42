import { app } from '@azure/functions';
import { UNWATCHED_INCIDENTS, watchIncidents } from '../../shared/notifications/index.ts';
import { runRound } from './round.ts';

/** Every 15 s: opens incidents for what is wrong, solves what is over, and tells of what goes on. */
export function registerIncidentWatch(deps: Parameters<typeof watchIncidents>[0]): void {
  let memory = UNWATCHED_INCIDENTS;
  app.timer('incident-watch', {
    schedule: '7-52/15 * * * * *',
    handler: async () => {
      const before = memory;
      memory = UNWATCHED_INCIDENTS;
      memory = (await runRound('incident.watch', () => watchIncidents(deps, before))) ?? UNWATCHED_INCIDENTS;
    },
  });
}
