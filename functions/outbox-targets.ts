import type { DurableClient } from 'durable-functions';
import type { QueueSender } from '../shared/messaging/index.ts';
import type { OutboxTargets } from '../shared/outbox/index.ts';
import { raiseEvent } from './messaging/instances.ts';

/** Outbox entries go to Service Bus and, as events, to orchestrations. One that is not there yet is a failure: it is on its way. */
export function outboxTargets(sender: QueueSender, client: DurableClient): OutboxTargets {
  return {
    ...messageTargets(sender),
    async raiseEvent({ instanceId, eventName, body }) {
      const raised = await raiseEvent(client, { instanceId, eventName, data: body });
      if (raised === 'unknown') throw new Error(`there is no orchestration ${instanceId} yet`);
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
