import type { EventContext, Receiver } from 'rhea';
import type { Entity } from '../entity.ts';
import { takeFault } from '../faults/faults.ts';
import type { Turn } from '../turn.ts';
import { readTransfer } from './content.ts';
import { AmqpFailure, malformedMessage, messageTooLarge, serverBusy } from './errors.ts';
import { formatOf, rejectIncoming } from './rhea-internals.ts';
import { MalformedMessageError } from './sections.ts';

/** The limit of Service Bus Standard, for one message as for one batch. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Puts what a client sends on a queue, and accepts it once it is durable. A batch goes in as a whole or not at all. */
export function serveProducer(receiver: Receiver, entity: Entity, turn: Turn): void {
  receiver.on('message', ({ message, delivery }: EventContext) => {
    if (!delivery) return;
    try {
      enqueue(entity, message as unknown as Buffer, formatOf(delivery));
      turn.afterCommit(() => delivery.accept());
    } catch (error) {
      if (!(error instanceof AmqpFailure)) return turn.fail(error);
      turn.afterCommit(() => rejectIncoming(delivery, error.toAmqp()));
    }
  });
}

function enqueue(entity: Entity, payload: Buffer, format: number): void {
  if (takeFault(entity.faults, 'refuseSends')) throw serverBusy();
  if (payload.length > MAX_MESSAGE_BYTES) throw messageTooLarge(payload.length, MAX_MESSAGE_BYTES);
  const messages = readOrRefuse(() => readTransfer(payload, format));
  const nowMs = entity.nowMs();
  for (const message of messages) entity.queue.enqueue(message, nowMs);
}

/** Turns bytes that are no message into an answer for their sender. */
export function readOrRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedMessageError) throw malformedMessage(error.message);
    throw error;
  }
}
