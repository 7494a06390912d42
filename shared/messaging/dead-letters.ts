import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus';
import Long from 'long';
import type { ServiceBusSettings } from './client.ts';
import { MessageLockedElsewhereError, MessageOutOfReachError, asQueueError } from './errors.ts';
import { RawConnection } from './raw/connection.ts';
import { type CopyEdits, copyMessage, sequenceNumberOf } from './raw/message-copy.ts';
import type { RawDelivery, RawReceiver } from './raw/receiver.ts';

/** A message that stands in a queue, as a look at it shows it; nothing is locked by looking. */
export interface StandingMessage {
  readonly sequenceNumber: bigint;
  readonly messageId: string;
  readonly enqueuedAt: Date;
  readonly deliveryCount: number;
  readonly contentType: string | undefined;
  readonly deadLetterReason: string | undefined;
  readonly deadLetterErrorDescription: string | undefined;
  readonly applicationProperties: Readonly<Record<string, unknown>>;
  /** Bytes, or the value of a message whose body is no bytes. */
  readonly body: unknown;
}

/** One message that is locked for this process until the work on it ends. */
export interface HeldMessage {
  /** SHA-256 of the whole message as the broker holds it, hexadecimal. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** Sends a copy; what `edits` do not name stays as it was, byte for byte. Resolves once the broker has stored it. */
  copyTo(queue: string, edits: CopyEdits): Promise<void>;
  /** Takes the message off its queue. */
  remove(): Promise<void>;
}

/** Looks at what stands in a queue or dead-letter queue, and takes single messages out of it. */
export interface DeadLetters {
  /**
   * Up to `count` messages of `address` with numbers from `from` on, in order; fewer does not mean that there are no more, none does.
   * @throws {QueueUnavailableError}
   */
  peek(
    address: string,
    options: { readonly from: bigint; readonly count: number },
  ): Promise<StandingMessage[]>;
  /**
   * Locks one message for the time of `work`, then gives it back unless `work` removed it. Undefined: it is not there (any more).
   * @throws {MessageLockedElsewhereError} when somebody else holds it just now
   * @throws {MessageOutOfReachError} when too many stand before it: Service Bus gives messages out in order only
   * @throws {QueueUnavailableError}
   */
  withMessage<T>(
    address: string,
    sequenceNumber: bigint,
    work: (held: HeldMessage) => Promise<T>,
  ): Promise<T | undefined>;
}

export interface DeadLetterOptions {
  /** How many messages before the wanted one are held at most while it is fetched. Default 5,000. */
  readonly reach?: number;
  /** And how many bytes of them. Default 64 MiB. */
  readonly reachBytes?: number;
}

const REACH = 5_000;
const REACH_BYTES = 64 * 1024 * 1024;
const BATCH = 500;
/** How long the broker may have nothing to give before what is still there counts as locked by somebody. */
const IDLE_MS = 1_000;

export function createDeadLetters(
  parts: { readonly client: ServiceBusClient; readonly settings: ServiceBusSettings },
  { reach = REACH, reachBytes = REACH_BYTES }: DeadLetterOptions = {},
): DeadLetters {
  /** Calls on one address follow each other: two searches at once would hold each other's messages. */
  const tails = new Map<string, Promise<unknown>>();
  const inTurn = async <T>(address: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(address) ?? Promise.resolve();
    const run = before.then(work, work);
    const settled = run.catch(() => undefined);
    tails.set(address, settled);
    try {
      return await run;
    } finally {
      if (tails.get(address) === settled) tails.delete(address);
    }
  };
  const peek = async (address: string, from: bigint, count: number): Promise<StandingMessage[]> => {
    const receiver = parts.client.createReceiver(address, { skipParsingBodyAsJson: true });
    try {
      const fromSequenceNumber = Long.fromString(String(from));
      return (await receiver.peekMessages(count, { fromSequenceNumber })).map(standing);
    } catch (error) {
      throw asQueueError(address, error);
    } finally {
      await receiver.close();
    }
  };
  const isThere = async (address: string, sequenceNumber: bigint): Promise<boolean> =>
    (await peek(address, sequenceNumber, 1))[0]?.sequenceNumber === sequenceNumber;
  return {
    peek: (address, { from, count }) => peek(address, from, count),
    withMessage: <T>(address: string, sequenceNumber: bigint, work: (held: HeldMessage) => Promise<T>) =>
      inTurn(address, async () => {
        if (!(await isThere(address, sequenceNumber))) return undefined;
        let outcome: PromiseSettledResult<T> | undefined;
        try {
          outcome = await RawConnection.use(parts.settings, async (connection) => {
            const receiver = await connection.receiver(address);
            const found = await fetchOne(receiver, { address, sequenceNumber, reach, reachBytes });
            return found && holding(connection, { address, delivery: found }, work);
          });
        } catch (error) {
          throw error instanceof MessageOutOfReachError ? error : asQueueError(address, error);
        }
        if (outcome?.status === 'rejected') throw outcome.reason;
        if (!outcome && (await isThere(address, sequenceNumber)))
          throw new MessageLockedElsewhereError(address);
        return outcome?.value;
      }),
  };
}

interface Wanted {
  readonly address: string;
  readonly sequenceNumber: bigint;
  readonly reach: number;
  readonly reachBytes: number;
}

/** Receives until the wanted message comes, then gives the others back; all of them when it does not come. */
async function fetchOne(receiver: RawReceiver, wanted: Wanted): Promise<RawDelivery | undefined> {
  const others: RawDelivery[] = [];
  let heldBytes = 0;
  try {
    // The oldest is the likeliest, and a message that is not received need not be given back.
    for (let count = 1; ; count = Math.min(2 * count, BATCH)) {
      const received = await receiver.receive(count, IDLE_MS);
      let found: RawDelivery | undefined;
      for (const delivery of received) {
        if (sequenceNumberOf(delivery.message) === wanted.sequenceNumber) found = delivery;
        else others.push(delivery);
        heldBytes += delivery.message.length;
      }
      if (found || received.length < count) return found;
      if (others.length >= wanted.reach || heldBytes >= wanted.reachBytes)
        throw new MessageOutOfReachError(wanted.address, others.length);
    }
  } finally {
    await Promise.all(others.map((delivery) => delivery.release()));
    // The AMQP library settles neighbours alike when they are settled in one turn of the event loop.
    await nextTurn();
  }
}

/** How the work ended, its failure included: that is the caller's, not the queue's. */
async function holding<T>(
  connection: RawConnection,
  { address, delivery }: { readonly address: string; readonly delivery: RawDelivery },
  work: (held: HeldMessage) => Promise<T>,
): Promise<PromiseSettledResult<T>> {
  const { message } = delivery;
  let removed = false;
  const [outcome] = await Promise.allSettled([
    work({
      digest: createHash('sha256').update(message).digest('hex'),
      sizeBytes: message.length,
      copyTo: (queue, edits) =>
        orQueueError(queue, () => connection.send(queue, copyMessage(message, edits))),
      remove: () =>
        orQueueError(address, async () => {
          await delivery.complete();
          removed = true;
        }),
    }),
  ]);
  // A lock that is lost by now has given the message back.
  if (!removed) await delivery.release().catch(() => undefined);
  return outcome;
}

async function orQueueError<T>(queue: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asQueueError(queue, error);
  }
}

function standing(message: ServiceBusReceivedMessage): StandingMessage {
  return {
    sequenceNumber: BigInt(message.sequenceNumber?.toString() ?? 0),
    messageId: String(message.messageId ?? ''),
    enqueuedAt: message.enqueuedTimeUtc ?? new Date(0),
    deliveryCount: message.deliveryCount ?? 0,
    contentType: message.contentType,
    deadLetterReason: message.deadLetterReason,
    deadLetterErrorDescription: message.deadLetterErrorDescription,
    applicationProperties: message.applicationProperties ?? {},
    body: message.body as unknown,
  };
}
