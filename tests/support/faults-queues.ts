import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';

const MOST = 250;

/** What stands in a queue now, locked messages too. A client of its own each time: the SDK's peek goes on where it last ended. */
export async function peekQueue(connection: string, queue: string): Promise<ServiceBusReceivedMessage[]> {
  const bus = new ServiceBusClient(connection);
  try {
    return await bus.createReceiver(queue).peekMessages(MOST);
  } finally {
    await bus.close();
  }
}

/** Every message that no consumer could work off: dead-lettered or rejected, as `queue: reason`. */
export async function refusedMessages(connection: string): Promise<string[]> {
  const queues = ['esprit-commands/$DeadLetterQueue', 'esprit-results/$DeadLetterQueue', 'esprit-rejected'];
  const found = await Promise.all(
    queues.map(async (queue) =>
      (await peekQueue(connection, queue)).map(
        ({ deadLetterReason, applicationProperties }) =>
          `${queue}: ${deadLetterReason ?? String(applicationProperties?.['DeadLetterReason'])}`,
      ),
    ),
  );
  return found.flat();
}
