import { app } from '@azure/functions';
import { type RelayDeps, sendNotifications } from '../../shared/notifications/index.ts';
import { runRound } from './round.ts';

/** Every 5 s: sends what is to be told and due. */
export function registerNotificationRelay(deps: RelayDeps): void {
  app.timer('notification-relay', {
    schedule: '4-59/5 * * * * *',
    handler: async () => {
      await runRound('notification.send', async () => {
        await sendNotifications(deps);
      });
    },
  });
}
