import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus';
import { UnavailableError } from '../shared/errors.ts';
import type { DeadLetterCount, QueueTrouble } from '../shared/notifications/index.ts';
import type { Clock } from '../shared/time/clock.ts';

/** A bell that rang too often is harmless: nobody need be told of those of `esprit-dispatch`. */
const DEAD_LETTER_QUEUES = ['esprit-commands', 'esprit-results', 'file-verification'];
const REJECTED_QUEUE = 'esprit-rejected';
/** Enough to tell a few from many. */
const MOST_COUNTED = 100;
/** A count is good for this long: more often would cost operations of Service Bus and tell nothing sooner. */
const COUNT_EVERY_MS = 60_000;

/** Counts by peeking, which changes nothing and needs no more than the right to receive. */
export function createDeadLetterCount(serviceBus: ServiceBusClient, clock: Clock): DeadLetterCount {
  let counted: { readonly atMs: number; readonly troubles: readonly QueueTrouble[] } | undefined;

  async function count(queue: string): Promise<QueueTrouble> {
    // A new one each time: a receiver goes on peeking where it last stopped.
    const receiver =
      queue === REJECTED_QUEUE
        ? serviceBus.createReceiver(queue)
        : serviceBus.createReceiver(queue, { subQueueType: 'deadLetter' });
    try {
      return troubleOf(queue, await receiver.peekMessages(MOST_COUNTED));
    } finally {
      await receiver.close();
    }
  }

  return {
    async countDeadLetters() {
      const nowMs = clock.now().getTime();
      if (counted && nowMs >= counted.atMs && nowMs - counted.atMs < COUNT_EVERY_MS) return counted.troubles;
      try {
        const troubles = await Promise.all([...DEAD_LETTER_QUEUES, REJECTED_QUEUE].map(count));
        counted = { atMs: nowMs, troubles };
        return troubles;
      } catch (error) {
        throw new UnavailableError('Service Bus does not answer just now.', { cause: error });
      }
    },
  };
}

function troubleOf(queue: string, messages: readonly ServiceBusReceivedMessage[]): QueueTrouble {
  const newest = messages.reduce<ServiceBusReceivedMessage | undefined>(
    (last, message) => (timeOf(message) >= timeOf(last) ? message : last),
    undefined,
  );
  const reason = newest?.deadLetterReason ?? newest?.applicationProperties?.['DeadLetterReason'];
  return {
    queue,
    count: messages.length,
    newest: newest?.enqueuedTimeUtc?.toISOString() ?? null,
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

function timeOf(message: ServiceBusReceivedMessage | undefined): number {
  return message?.enqueuedTimeUtc?.getTime() ?? 0;
}
