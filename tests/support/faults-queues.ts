import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';

const MOST = 250;
const QUEUES_FILE = join(import.meta.dirname, '../../infra/service-bus-queues.json');

/**
 * What stands in a queue now, locked messages too. A client of its own each time: the SDK's peek goes on where it last ended. An answer may
 * hold fewer than there are, when they are large: only an empty one is the end.
 */
export async function peekQueue(connection: string, queue: string): Promise<ServiceBusReceivedMessage[]> {
  const bus = new ServiceBusClient(connection);
  try {
    const receiver = bus.createReceiver(queue);
    const found: ServiceBusReceivedMessage[] = [];
    for (;;) {
      const more = await receiver.peekMessages(MOST);
      if (more.length === 0) return found;
      found.push(...more);
    }
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

/**
 * The product's queues with locks of five seconds, for `MCMS_QUEUES_FILE`: what a killed process held comes back after that, not
 * after a minute. @returns the file's path
 */
export async function queuesWithShortLocks(folder: string): Promise<string> {
  const queues = JSON.parse(await readFile(QUEUES_FILE, 'utf8')) as object[];
  const path = join(folder, 'queues.json');
  await writeFile(path, JSON.stringify(queues.map((queue) => ({ ...queue, lockDuration: 'PT5S' }))));
  return path;
}
