import type { DurableClient } from 'durable-functions';
import { isRunOver } from '../shared/cam-commands/index.ts';
import type { QueueSender } from '../shared/messaging/index.ts';
import type { OutboxTargets } from '../shared/outbox/index.ts';
import { createLogger } from '../shared/telemetry/index.ts';
import type { AppDeps } from './deps.ts';
import { raiseEvent } from './messaging/instances.ts';

const log = createLogger('outbox');

/**
 * Outbox entries go to Service Bus and, as events, to orchestrations. One that is not there yet is a failure: it is on its way. An
 * event for one that never comes, as its run is over without it, counts as taken.
 */
export function outboxTargets(
  { sender, database }: Pick<AppDeps, 'sender' | 'database'>,
  client: DurableClient,
): OutboxTargets {
  return {
    ...messageTargets(sender),
    async raiseEvent({ instanceId, eventName, body }) {
      const raised = await raiseEvent(client, { instanceId, eventName, data: body });
      if (raised !== 'unknown') return;
      if (!(await isRunOver(database.read, instanceId)))
        throw new Error(`there is no orchestration ${instanceId} yet`);
      log.warn('an event is dropped: its run is over and has no orchestration', { instanceId, eventName });
    },
  };
}

/** Where functions without a Durable client publish, which promise messages only. */
export function messageTargets(sender: QueueSender): OutboxTargets {
  return {
    sendMessage: ({ queue, messageId, body }) => sender.send(queue, { messageId, body }),
    raiseEvent: ({ eventName }) =>
      Promise.reject(new Error(`event ${eventName} needs a function with a Durable client`)),
  };
}
