import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { bodiesAtHand, peekBodies, receive, receiveOne } from './namespace.ts';
import type { OpenNamespace, TestNamespace } from './namespace.ts';

/** How messages reach receivers. */
export function describeReceiving(open: OpenNamespace): void {
  describe('receiving', () => {
    let namespace: TestNamespace;
    const start = async (): Promise<TestNamespace> => (namespace = await open({ name: 'orders' }));
    afterEach(() => namespace.close());

    it('delivers what is sent while a receiver waits', async () => {
      const { client } = await start();
      const receiver = client.createReceiver('orders');
      const waiting = receiveOne(receiver);
      await client.createSender('orders').sendMessages({ body: 'now' });
      expect((await waiting).body).toBe('now');
    });

    it('returns nothing from an empty queue after the wait, and works on', async () => {
      const { client } = await start();
      const receiver = client.createReceiver('orders');
      expect(await bodiesAtHand(receiver)).toEqual([]);
      await client.createSender('orders').sendMessages({ body: 'later' });
      expect((await receiveOne(receiver)).body).toBe('later');
    });

    it('gives no more than was asked for, and the rest to the next call', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([1, 2, 3, 4, 5].map((body) => ({ body })));
      const receiver = client.createReceiver('orders');
      const first = await receive(receiver, 2);
      const rest = await bodiesAtHand(receiver);
      expect(first.map((message) => message.body as unknown)).toEqual([1, 2]);
      expect(rest).toEqual([3, 4, 5]);
    });

    it('never delivers a locked message to another receiver', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }]);
      const mine = await receiveOne(client.createReceiver('orders'));
      expect(mine.body).toBe(1);
      expect(await bodiesAtHand(client.createReceiver('orders'))).toEqual([2]);
    });

    it('keeps a subscriber to its number of concurrent calls', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([1, 2, 3, 4, 5, 6].map((body) => ({ body })));
      const { taken, release, close } = await subscribeHolding(client.createReceiver('orders'), 2);
      await taken(2);
      expect(
        await bodiesAtHand(client.createReceiver('orders', { receiveMode: 'receiveAndDelete' })),
      ).toEqual([3, 4, 5, 6]);
      release();
      await close();
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('shares messages between receivers that wait', async () => {
      const { client } = await start();
      const a = await subscribeHolding(client.createReceiver('orders'), 5);
      const b = await subscribeHolding(client.createReceiver('orders'), 5);
      await client.createSender('orders').sendMessages(Array.from({ length: 10 }, (_, body) => ({ body })));
      await Promise.all([a.taken(5), b.taken(5)]);
      a.release();
      b.release();
      await Promise.all([a.close(), b.close()]);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('peeks in order without locking, from a sequence number on', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([1, 2, 3].map((body) => ({ body })));
      const receiver = client.createReceiver('orders');
      const [first] = await receiver.peekMessages(1);
      const rest = await receiver.peekMessages(10);
      expect([first, ...rest].map((message) => message?.body as unknown)).toEqual([1, 2, 3]);
      expect(first?.lockToken).toBeUndefined();
      const [second] = await receiver.peekMessages(1, { fromSequenceNumber: rest[0]?.sequenceNumber });
      expect(second?.body).toBe(2);
      expect(await receive(receiver, 3)).toHaveLength(3);
    });

    it('finds a queue whatever the case of its name', async () => {
      const { client } = await start();
      await client.createSender('ORDERS').sendMessages({ body: 'x' });
      expect((await receiveOne(client.createReceiver('Orders'))).body).toBe('x');
    });
  });
}

interface Holder {
  /** Resolves once `count` messages are being handled. */
  readonly taken: (count: number) => Promise<void>;
  /** Lets all handlers end. */
  readonly release: () => void;
  readonly close: () => Promise<void>;
}

/** Subscribes with handlers that end only when told to. */
async function subscribeHolding(receiver: ServiceBusReceiver, maxConcurrentCalls: number): Promise<Holder> {
  const held: ServiceBusReceivedMessage[] = [];
  const released = Promise.withResolvers<void>();
  let onTaken = (): void => undefined;
  const settled: Promise<void>[] = [];
  receiver.subscribe(
    {
      async processMessage(message) {
        held.push(message);
        onTaken();
        await released.promise;
        settled.push(receiver.completeMessage(message));
      },
      async processError({ error }) {
        throw error;
      },
    },
    { maxConcurrentCalls, autoCompleteMessages: false },
  );
  return {
    taken: (count) =>
      new Promise((resolve) => {
        onTaken = () => void (held.length >= count && resolve());
        onTaken();
      }),
    release: () => released.resolve(),
    async close() {
      await released.promise;
      await Promise.resolve();
      await Promise.all(settled);
      await receiver.close();
    },
  };
}
