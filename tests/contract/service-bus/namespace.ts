import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { startBroker } from '../../../local/service-bus/broker.ts';
import { parseQueues } from '../../../local/service-bus/config.ts';
import { ManualClock } from './manual-clock.ts';

/** Settings of a queue in Azure Resource Manager's names. */
export interface QueueDefinition {
  readonly name: string;
  readonly lockDuration?: string;
  readonly maxDeliveryCount?: number;
  readonly requiresDuplicateDetection?: boolean;
  readonly duplicateDetectionHistoryTimeWindow?: string;
  readonly defaultMessageTimeToLive?: string;
  readonly deadLetteringOnMessageExpiration?: boolean;
}

/** What the suites need of a Service Bus, be it the local broker or a namespace on Azure. */
export interface TestNamespace {
  readonly connectionString: string;
  /** A client that is closed with the namespace. */
  readonly client: ServiceBusClient;
  /** Lets time pass for the service: a fake clock locally, a wait on Azure. */
  passTime(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Provides the given queues, empty. */
export type OpenNamespace = (...queues: QueueDefinition[]) => Promise<TestNamespace>;

export function localConnectionString(port: number): string {
  return `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true`;
}

/** A broker in this process with a clock that only the test moves. */
export const openLocalNamespace: OpenNamespace = async (...queues) => {
  const clock = new ManualClock();
  const broker = await startBroker({ port: 0, databasePath: ':memory:', queues: parseQueues(queues), clock });
  const connectionString = localConnectionString(broker.port);
  const client = new ServiceBusClient(connectionString);
  return {
    connectionString,
    client,
    passTime: async (ms) => clock.advance(ms),
    async close() {
      await client.close();
      await broker.stop();
    },
  };
};

/** Receives exactly `count` messages; fails when they do not come. */
export async function receive(
  receiver: ServiceBusReceiver,
  count: number,
): Promise<ServiceBusReceivedMessage[]> {
  const messages = await receiver.receiveMessages(count, { maxWaitTimeInMs: 30_000 });
  if (messages.length !== count) throw new Error(`${messages.length} messages came instead of ${count}`);
  return messages;
}

/** Receives the next message; fails when none comes. */
export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  if (!message) throw new Error('no message came');
  return message;
}

/** Asks for a message and gives the bodies of what was there at once. */
export async function bodiesAtHand(receiver: ServiceBusReceiver): Promise<unknown[]> {
  const messages = await receiver.receiveMessages(10, { maxWaitTimeInMs: 1000 });
  return messages.map((message) => message.body as unknown);
}

/** Bodies of everything that stands in a queue, in order, whatever its state. */
export async function peekBodies({ connectionString }: TestNamespace, queue: string): Promise<unknown[]> {
  const client = new ServiceBusClient(connectionString);
  try {
    const messages = await client.createReceiver(queue).peekMessages(100);
    return messages.map((message) => message.body as unknown);
  } finally {
    await client.close();
  }
}
