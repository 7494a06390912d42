import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RunningBroker, startBroker } from '../../../local/service-bus/broker.ts';
import { parseQueues } from '../../../local/service-bus/config.ts';
import {
  createQueueSender,
  createServiceBusClient,
  MessageRefusedError,
  type QueueSender,
  QueueUnavailableError,
} from '../../../shared/messaging/index.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('sending queue messages', () => {
  let folder: string;
  let broker: RunningBroker;
  let client: ServiceBusClient;
  let sender: QueueSender;

  const open = async (port: number) =>
    startBroker({ port, stateDir: folder, queues: parseQueues([{ name: 'orders' }]) });
  const connect = () =>
    createServiceBusClient({
      connectionString: `Endpoint=sb://127.0.0.1:${broker.port};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true`,
    });
  const received = async () => {
    const receiver = client.createReceiver('orders');
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 30_000 });
    await receiver.close();
    return message;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcms-messaging-'));
    broker = await open(0);
    client = connect();
    sender = createQueueSender(client, { timeoutMs: 5000 });
  });
  afterEach(async () => {
    await client.close();
    await broker.stop();
    await rm(folder, { recursive: true });
  });

  it('carries body, id, properties and trace context', async () => {
    await sender.send('orders', {
      body: { schemaVersion: 1 },
      messageId: 'order-1',
      applicationProperties: { SourceQueue: 'none' },
      traceparent: TRACEPARENT,
      timeToLiveMs: 60_000,
    });
    expect(await received()).toMatchObject({
      body: { schemaVersion: 1 },
      messageId: 'order-1',
      contentType: 'application/json',
      timeToLive: 60_000,
      applicationProperties: { SourceQueue: 'none', 'Diagnostic-Id': TRACEPARENT },
    });
  });

  it('holds a scheduled message back', async () => {
    const scheduledEnqueueTimeUtc = new Date(Date.now() + 3_600_000);
    await sender.send('orders', { body: 1, messageId: 'later', scheduledEnqueueTimeUtc });
    const receiver = client.createReceiver('orders');
    const [message] = await receiver.peekMessages(1);
    expect(message).toMatchObject({ messageId: 'later', scheduledEnqueueTimeUtc, state: 'scheduled' });
  });

  it('says in bounded time that the broker is away, and works again once it is back', async () => {
    await sender.send('orders', { body: 1, messageId: 'first' });
    const hasty = createQueueSender(client, { timeoutMs: 1000 });
    await hasty.send('orders', { body: 1, messageId: 'its link is open' });
    const { port } = broker;
    await broker.stop();
    const began = performance.now();
    await expect(hasty.send('orders', { body: 2, messageId: 'second' })).rejects.toBeInstanceOf(
      QueueUnavailableError,
    );
    expect(performance.now() - began).toBeLessThan(3000);
    broker = await open(port);
    for (let tries = 0; tries < 5; tries += 1) {
      const sent = await sender.send('orders', { body: 2, messageId: 'second' }).then(
        () => true,
        (error: unknown) => expect(error).toBeInstanceOf(QueueUnavailableError),
      );
      if (sent) break;
    }
    expect((await received())?.messageId).toBe('first');
  });

  it('tells a message that is too large from a broker that is away', async () => {
    const send = sender.send('orders', { body: 'x'.repeat(2_000_000), messageId: 'large' });
    await expect(send).rejects.toBeInstanceOf(MessageRefusedError);
  });

  it('may be closed twice, and opens its links again when needed', async () => {
    await sender.send('orders', { body: 1, messageId: 'first' });
    await sender.close();
    await sender.close();
    await sender.send('orders', { body: 1, messageId: 'second' });
  });
});
