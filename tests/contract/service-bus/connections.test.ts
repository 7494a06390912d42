import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  bodiesAtHand,
  localConnectionString,
  openLocalNamespace,
  peekBodies,
  receive,
  receiveOne,
} from './namespace.ts';
import type { QueueDefinition, TestNamespace } from './namespace.ts';

/** A way to the broker that the test can cut. */
class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(toPort: number) {
    this.#server = createServer((near) => {
      const far = connect(toPort, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
  }

  static async to(port: number): Promise<Cable> {
    const cable = new Cable(port);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    return cable;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whether somebody is connected through it. */
  get inUse(): boolean {
    return this.#sockets.size > 0;
  }

  /** Cuts all connections; new ones can be made. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }
}

describe('connections to the local broker', () => {
  let namespace: TestNamespace;
  let cable: Cable;
  let cut: ServiceBusClient;

  beforeEach(async () => {
    await plugIn({ name: 'orders', lockDuration: 'PT30S' });
  });
  afterEach(async () => {
    await pullOut();
    jest.restoreAllMocks();
  });

  async function plugIn(queue: QueueDefinition): Promise<void> {
    namespace = await openLocalNamespace(queue);
    cable = await Cable.to(portOf(namespace));
    cut = new ServiceBusClient(localConnectionString(cable.port), {
      retryOptions: { retryDelayInMs: 50, timeoutInMs: 500 },
    });
  }

  async function pullOut(): Promise<void> {
    await cut.close();
    await cable.close();
    await namespace.close();
  }

  it('keeps messages locked that a lost connection held, until their locks end', async () => {
    const { client } = namespace;
    await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }]);
    await receive(cut.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 }), 2);
    cable.cut();
    const other = client.createReceiver('orders');
    expect(await bodiesAtHand(other)).toEqual([]);
    await namespace.passTime(31_000);
    const again = await receive(other, 2);
    expect(again.map((message) => [message.body, message.deliveryCount])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('lets a message be completed over a new connection while its lock holds', async () => {
    await namespace.client.createSender('orders').sendMessages({ body: 'work' });
    const receiver = cut.createReceiver('orders');
    const message = await receiveOne(receiver);
    cable.cut();
    await receiver.completeMessage(message);
    expect(await peekBodies(namespace, 'orders')).toEqual([]);
  });

  it('goes on delivering to a subscriber whose connection was cut', async () => {
    const sender = namespace.client.createSender('orders');
    const bodies: unknown[] = [];
    let onBody = (): void => undefined;
    const arrived = (count: number): Promise<void> =>
      new Promise((resolve) => {
        onBody = () => void (bodies.length >= count && resolve());
        onBody();
      });
    const receiver = cut.createReceiver('orders');
    receiver.subscribe(
      {
        processMessage: async (message) => {
          await receiver.completeMessage(message);
          bodies.push(message.body);
          onBody();
        },
        processError: async () => undefined,
      },
      { autoCompleteMessages: false },
    );
    await sender.sendMessages({ body: 'before' });
    await arrived(1);
    cable.cut();
    await sender.sendMessages({ body: 'after' });
    await arrived(2);
    expect(bodies).toEqual(['before', 'after']);
  });

  it('sends again over a new connection, and a sender’s repeat is dropped where duplicates are detected', async () => {
    await pullOut();
    await plugIn({ name: 'orders', requiresDuplicateDetection: true });
    const sender = cut.createSender('orders');
    const bodies = Array.from({ length: 20 }, (_, body) => body);
    for (const body of bodies) {
      const sending = sender.sendMessages({ body, messageId: String(body) });
      if (body % 5 === 0) cable.cut();
      await sending;
    }
    expect(await peekBodies(namespace, 'orders')).toEqual(bodies);
  });

  it('lets a receiver that asks one by one go on after its connection was cut while it waited', async () => {
    const receiver = cut.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 });
    const waiting = receiver.receiveMessages(1, { maxWaitTimeInMs: 2_000 }).catch(() => []);
    await inUse(cable);
    cable.cut();
    const [early] = await waiting;
    if (early) throw new Error('nothing was sent so far');
    await namespace.client.createSender('orders').sendMessages({ body: 'after' });
    let message: ServiceBusReceivedMessage | undefined;
    while (!message) [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1_000 });
    expect([message.body, message.deliveryCount]).toEqual(['after', 0]);
    await receiver.completeMessage(message);
    expect(await peekBodies(namespace, 'orders')).toEqual([]);
  });

  it('keeps what was scheduled, and cancels it, over a new connection', async () => {
    const sender = cut.createSender('orders');
    const at = new Date(Date.now() + 60_000);
    const [kept, gone] = await sender.scheduleMessages([{ body: 'kept' }, { body: 'gone' }], at);
    if (!kept || !gone) throw new Error('two numbers were given');
    cable.cut();
    await sender.cancelScheduledMessages(gone);
    expect(await peekBodies(namespace, 'orders')).toEqual(['kept']);
  });

  it('survives clients that speak something else, half a frame or rubbish', async () => {
    const reported = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'AMQP\x00\x01\x00\x00\x00\x00\x00\x08',
      Buffer.concat([Buffer.from('AMQP\x00\x01\x00\x00'), Buffer.from('0000000c02000000deadbeef', 'hex')]),
    ]) {
      const socket = connect(portOf(namespace), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    expect(reported).toHaveBeenCalledWith(expect.stringContaining("a client's connection was ended"));
    await namespace.client.createSender('orders').sendMessages({ body: 'alive' });
    expect(await peekBodies(namespace, 'orders')).toEqual(['alive']);
  });
});

function portOf(namespace: TestNamespace): number {
  return Number(/127\.0\.0\.1:(\d+)/.exec(namespace.connectionString)?.[1]);
}

/** Resolves once somebody is connected through the cable. */
async function inUse(cable: Cable): Promise<void> {
  while (!cable.inUse) await new Promise((resolve) => setImmediate(resolve));
}
