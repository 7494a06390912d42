import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { type RunningBroker, startBroker } from '../../../local/service-bus/broker.ts';
import { parseQueues } from '../../../local/service-bus/config.ts';
import { eventually } from './eventually.ts';
import { behaviour, seen } from './fixture-app/queues.ts';
import { startFixture, type StartedHost } from './start.ts';

const queues = parseQueues(
  ['in', 'manual', 'copies', 'returned'].map((name) => ({ name, maxDeliveryCount: 3, lockDuration: 'PT2S' })),
);

describe('Service Bus functions', () => {
  let stateDir: string;
  let broker: RunningBroker;
  let client: ServiceBusClient;
  let host: StartedHost | undefined;

  const connectionString = (): string =>
    `Endpoint=sb://127.0.0.1:${broker.port};SharedAccessKeyName=k;SharedAccessKey=topsecret;UseDevelopmentEmulator=true;`;
  const start = async (serviceBus: object = {}): Promise<StartedHost> => {
    const env = { Sb: connectionString(), InQueue: 'in' };
    host = await startFixture('queues.ts', { env, hostJsonContent: { extensions: { serviceBus } } });
    return host;
  };
  const send = (...messages: ServiceBusMessage[]) => client.createSender('in').sendMessages(messages);
  const arrived = (count: number) => eventually(`${count} deliveries`, () => seen.length >= count && seen);
  const messagesIn = async (queue: string, count: number): Promise<unknown[]> => {
    const receiver = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
    const bodies: unknown[] = [];
    await eventually(`${count} messages in ${queue}`, async () => {
      const messages = await receiver.receiveMessages(count - bodies.length, { maxWaitTimeInMs: 500 });
      bodies.push(...messages.map(({ body }) => body as unknown));
      return bodies.length >= count;
    });
    await receiver.close();
    return bodies;
  };
  const isEmpty = async (queue: string): Promise<boolean> => {
    const receiver = client.createReceiver(queue);
    const [message] = await receiver.peekMessages(1);
    await receiver.close();
    return message === undefined;
  };

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'functions-host-broker-'));
  });
  afterAll(() => rm(stateDir, { recursive: true }));
  beforeEach(async () => {
    seen.length = 0;
    behaviour.during = () => undefined;
    broker = await startBroker({ port: 0, databasePath: ':memory:', queues });
    client = new ServiceBusClient(connectionString());
  });
  afterEach(async () => {
    await host?.[Symbol.asyncDispose]();
    await client.close();
    await broker.stop();
  });

  it("get JSON bodies parsed, others as text, and Azure's metadata; a handled message is gone", async () => {
    await start();
    await send(
      {
        body: { commandId: 'c1' },
        messageId: 'm1',
        correlationId: 'corr',
        subject: 'order',
        contentType: 'application/json',
        applicationProperties: { Source: 'erp', n: 1 },
      },
      { body: Buffer.from('not json') },
    );
    await arrived(2);
    const order = seen.find(({ metadata }) => metadata['messageId'] === 'm1');
    expect(seen.map(({ body }) => body)).toEqual(expect.arrayContaining([{ commandId: 'c1' }, 'not json']));
    expect(order?.metadata).toMatchObject({
      messageId: 'm1',
      deliveryCount: 1,
      correlationId: 'corr',
      subject: 'order',
      contentType: 'application/json',
      applicationProperties: { source: 'erp', n: 1 },
      sequenceNumber: expect.any(Number),
      enqueuedTimeUtc: expect.stringMatching(/^\d{4}-.*Z$/),
      lockToken: expect.stringMatching(/^[0-9a-f-]{36}$/i),
    });
    await eventually('the queue to be empty', () => isEmpty('in'));
  });

  it('continue the trace of the sender', async () => {
    await start();
    const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await send({ body: 1, applicationProperties: { 'Diagnostic-Id': traceParent } });
    expect((await arrived(1))[0]?.traceParent).toBe(traceParent);
  });

  it('get a message again at once when they throw, and it is dead-lettered after its last delivery', async () => {
    const { lines } = await start();
    behaviour.during = () => Promise.reject(new Error('not today'));
    await send({ body: 'x', messageId: 'bad' });
    const receiver = client.createReceiver('in', { subQueueType: 'deadLetter' });
    const [dead] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 30_000 });
    expect(dead?.messageId).toBe('bad');
    expect(seen.map(({ metadata }) => metadata['deliveryCount'])).toEqual([1, 2, 3]);
    expect(lines.filter((line) => line.includes('not today'))).toHaveLength(3);
    await receiver.close();
  });

  it('run at most maxConcurrentCalls at once; prefetched messages wait', async () => {
    await start({ maxConcurrentCalls: 2, prefetchCount: 3 });
    let running = 0;
    let most = 0;
    const release = Promise.withResolvers<void>();
    behaviour.during = async () => {
      most = Math.max(most, (running += 1));
      await release.promise;
      running -= 1;
    };
    await send(...Array.from({ length: 8 }, (_, n) => ({ body: n })));
    await arrived(2);
    release.resolve();
    await arrived(8);
    expect(most).toBe(2);
    await eventually('the queue to be empty', () => isEmpty('in'));
    expect(seen).toHaveLength(8);
  });

  it('keep the lock while they run, longer than the lock lasts', async () => {
    await start();
    const release = Promise.withResolvers<void>();
    behaviour.during = () => release.promise;
    await send({ body: 'long', messageId: 'long' });
    await arrived(1);
    const receiver = client.createReceiver('in');
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: 3_000 })).toEqual([]);
    release.resolve();
    await receiver.close();
    await eventually('the queue to be empty', () => isEmpty('in'));
    expect(seen).toHaveLength(1);
  });

  it('settle nothing themselves with autoCompleteMessages false', async () => {
    await start();
    await client.createSender('manual').sendMessages({ body: 'again' });
    await arrived(2);
    expect(seen.map(({ metadata }) => metadata['deliveryCount'])).toEqual([1, 2]);
  });

  describe('outputs', () => {
    const post = (body: unknown) =>
      fetch(`${host?.url}/api/send`, { method: 'POST', body: JSON.stringify(body) });

    it.each<[string, unknown, unknown[]]>([
      ['an object', { a: 1 }, [{ a: 1 }]],
      ['a string', 'text', [Buffer.from('text')]],
      ['an array', [{ a: 1 }, 'b', null], [{ a: 1 }, Buffer.from('b')]],
      ['a number', 7, [7]],
    ])('send %s', async (_what, body, expected) => {
      await start();
      expect((await post(body)).status).toBe(202);
      expect(await messagesIn('copies', expected.length)).toEqual(expected);
    });

    it('may be the return value', async () => {
      await start();
      expect(await messagesIn('returned', 1)).toEqual([{ returned: true }]);
    });

    it('that cannot be sent fail the invocation', async () => {
      await start();
      await broker.stop();
      expect((await post({ a: 1 })).status).toBe(500);
    }, 60_000);

    it('of a queue function are sent before its message is completed', async () => {
      await start();
      await send({ body: { copy: 'made' } });
      expect(await messagesIn('copies', 1)).toEqual([Buffer.from('made')]);
    });
  });

  it('come back by themselves after the broker was away, with one line for the loss', async () => {
    const databasePath = join(stateDir, 'restart.db');
    await broker.stop();
    broker = await startBroker({ port: 0, databasePath, queues });
    const { port } = broker;
    await client.close();
    client = new ServiceBusClient(connectionString());
    const { lines } = await start();
    await send({ body: 'before' });
    await arrived(1);
    await broker.stop();
    await eventually('the loss to be seen', () => lines.some((line) => line.includes('queue in: ')), 30_000);
    broker = await startBroker({ port, databasePath, queues });
    await client.close();
    client = new ServiceBusClient(connectionString());
    await send({ body: 'after' });
    await eventually('the message after', () => seen.some(({ body }) => body === 'after'), 30_000);
    const faults = lines.filter((line) => line.includes('queue in: ') && line.includes('trying again'));
    expect(faults.length).toBeLessThanOrEqual(3);
    expect(lines.join()).not.toContain('topsecret');
  }, 70_000);

  it('start while the broker is away', async () => {
    const { port } = broker;
    await broker.stop();
    await start();
    expect((await fetch(`${host?.url}/api/none`)).status).toBe(404);
    broker = await startBroker({ port, databasePath: ':memory:', queues });
    await send({ body: 'first' });
    await arrived(1);
  }, 60_000);

  it('finish the messages in work when the host stops, and give prefetched ones back', async () => {
    await start({ maxConcurrentCalls: 1, prefetchCount: 5 });
    const release = Promise.withResolvers<void>();
    behaviour.during = () => release.promise;
    await send({ body: 1 }, { body: 2 }, { body: 3 });
    await arrived(1);
    const stopped = host?.stop();
    release.resolve();
    await stopped;
    expect(seen).toHaveLength(1);
    expect(await messagesIn('in', 2)).toEqual(expect.arrayContaining([2, 3]));
  });
});
