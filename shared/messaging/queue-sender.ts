import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import { currentTraceparent } from '../telemetry/index.ts';
import { asQueueError } from './errors.ts';

export interface OutgoingMessage {
  /** Becomes JSON. */
  readonly body: unknown;
  /** What duplicate detection goes by, where the queue has it. */
  readonly messageId: string;
  readonly applicationProperties?: Readonly<Record<string, string | number | boolean>>;
  /** W3C trace context of the one who caused the message; the active span when left out. */
  readonly traceparent?: string;
  readonly scheduledEnqueueTimeUtc?: Date;
  readonly timeToLiveMs?: number;
}

/** Sends JSON messages to queues. */
export interface QueueSender {
  /**
   * Resolves once the broker has stored the message.
   * @throws {QueueUnavailableError} when it could not be reached in time; send again later
   * @throws {MessageRefusedError} when it will never take this message
   */
  send(queue: string, message: OutgoingMessage): Promise<void>;
  /** Closes the links, not the client. May be called more than once. */
  close(): Promise<void>;
}

/** Upper bound of one `send`, retries of the SDK included. */
const SEND_TIMEOUT_MS = 15_000;

/** One link per queue, opened at its first message and kept. */
export function createQueueSender(
  client: ServiceBusClient,
  options: { timeoutMs?: number } = {},
): QueueSender {
  const senders = new Map<string, ServiceBusSender>();
  const senderOf = (queue: string): ServiceBusSender => {
    const sender = senders.get(queue) ?? client.createSender(queue);
    senders.set(queue, sender);
    return sender;
  };
  return {
    async send(
      queue,
      { traceparent = currentTraceparent(), timeToLiveMs, applicationProperties, ...message },
    ) {
      try {
        await senderOf(queue).sendMessages(
          {
            ...message,
            contentType: 'application/json',
            ...(timeToLiveMs === undefined ? {} : { timeToLive: timeToLiveMs }),
            applicationProperties: {
              ...applicationProperties,
              ...(traceparent ? { 'Diagnostic-Id': traceparent } : {}),
            },
          },
          { abortSignal: AbortSignal.timeout(options.timeoutMs ?? SEND_TIMEOUT_MS) },
        );
      } catch (error) {
        throw asQueueError(queue, error);
      }
    },
    async close() {
      const open = [...senders.values()];
      senders.clear();
      await Promise.all(open.map(async (sender) => sender.close()));
    },
  };
}
