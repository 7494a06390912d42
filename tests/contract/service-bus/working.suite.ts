import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServiceBusReceiver } from '@azure/service-bus';
import { bodiesAtHand, peekBodies, receive, receiveOne } from './namespace.ts';
import type { OpenNamespace, QueueDefinition, TestNamespace } from './namespace.ts';

const BY_HAND = { maxAutoLockRenewalDurationInMs: 0 };
const numbers = (count: number): { body: number }[] => Array.from({ length: count }, (_, body) => ({ body }));

/** Long work, many receivers, and what is left of a message that fails again and again: as the product's functions and agents do it. */
export function describeWorking(open: OpenNamespace): void {
  describe('working', () => {
    let namespace: TestNamespace;
    const start = async (queue: Omit<QueueDefinition, 'name'> = {}): Promise<TestNamespace> =>
      (namespace = await open({ name: 'orders', ...queue }));
    afterEach(() => namespace.close());

    it('keeps a lock that is renewed for longer than the SDK’s own five minutes, without counting a delivery', async () => {
      const { client } = await start({ lockDuration: 'PT1M', maxDeliveryCount: 2 });
      await client.createSender('orders').sendMessages({ body: 'long' });
      const receiver = client.createReceiver('orders', BY_HAND);
      const message = await receiveOne(receiver);
      for (let renewals = 0; renewals < 8; renewals += 1) {
        await namespace.passTime(45_000);
        await receiver.renewMessageLock(message);
      }
      expect(await bodiesAtHand(client.createReceiver('orders', BY_HAND))).toEqual([]);
      await receiver.abandonMessage(message);
      const again = await receiveOne(receiver);
      expect(again.deliveryCount).toBe(1);
      await receiver.completeMessage(again);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('counts deliveries over abandoning, lost locks and closed receivers alike, and nothing else', async () => {
      const { client } = await start({ lockDuration: 'PT30S', maxDeliveryCount: 10 });
      await client.createSender('orders').sendMessages({ body: 'unlucky' });
      const receiver = client.createReceiver('orders', BY_HAND);
      const first = await receiveOne(receiver);
      await receiver.renewMessageLock(first);
      await client.createReceiver('orders').peekMessages(1);
      await receiver.abandonMessage(first);

      expect((await receiveOne(receiver)).deliveryCount).toBe(1);
      await namespace.passTime(31_000);

      const leaving = client.createReceiver('orders', BY_HAND);
      expect((await receiveOne(leaving)).deliveryCount).toBe(2);
      await leaving.close();
      await namespace.passTime(31_000);

      expect((await receiveOne(receiver)).deliveryCount).toBe(3);
    });

    it('dead-letters after the last delivery with reason and description, and everything the sender wrote', async () => {
      const { client } = await start({ lockDuration: 'PT30S', maxDeliveryCount: 2 });
      const sent = {
        body: { commandId: 'c-1' },
        messageId: 'm-1',
        correlationId: 'c-1',
        subject: 'RunCommand',
        contentType: 'application/json',
        applicationProperties: { traceparent: '00-1', attempt: 1 },
      };
      await client.createSender('orders').sendMessages(sent);
      const receiver = client.createReceiver('orders', BY_HAND);
      await receiver.abandonMessage(await receiveOne(receiver));
      await receiveOne(receiver);
      await namespace.passTime(31_000);
      const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
      expect(dead).toMatchObject({
        ...sent,
        deadLetterReason: 'MaxDeliveryCountExceeded',
        deadLetterErrorDescription: expect.stringContaining('2 delivery attempts'),
        deadLetterSource: 'orders',
      });
    });

    it('dead-letters what expired with reason and description, and everything the sender wrote', async () => {
      const { client } = await start({ deadLetteringOnMessageExpiration: true });
      const sent = { body: [1], messageId: 'm-2', correlationId: 'c-2', applicationProperties: { n: 1 } };
      await client.createSender('orders').sendMessages({ ...sent, timeToLive: 30_000 });
      await namespace.passTime(31_000);
      const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
      expect(dead).toMatchObject({
        ...sent,
        deadLetterReason: 'TTLExpiredException',
        deadLetterErrorDescription: expect.stringContaining('expired'),
        deadLetterSource: 'orders',
      });
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('peeks at locked messages without a change to their locks, page by page', async () => {
      const { client } = await start({ lockDuration: 'PT1M' });
      await client.createSender('orders').sendMessages(numbers(5));
      const receiver = client.createReceiver('orders', BY_HAND);
      const locked = await receive(receiver, 3);
      await receiver.completeMessage(locked[1] ?? fail());
      const looking = client.createReceiver('orders');
      const seen: unknown[] = [];
      let from = (await looking.peekMessages(1))[0]?.sequenceNumber;
      while (from !== undefined) {
        const page = await looking.peekMessages(2, { fromSequenceNumber: from });
        seen.push(...page.map((message) => message.body as unknown));
        from = page.at(-1)?.sequenceNumber?.add(1);
      }
      expect(seen).toEqual([0, 2, 3, 4]);
      expect(await bodiesAtHand(client.createReceiver('orders', BY_HAND))).toEqual([3, 4]);
      await receiver.completeMessage(locked[0] ?? fail());
      await receiver.completeMessage(locked[2] ?? fail());
    });

    it('remembers the id of a message that is done, for its window and its queue alone', async () => {
      namespace = await open(
        { name: 'orders', requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 'PT1M' },
        { name: 'others', requiresDuplicateDetection: true, duplicateDetectionHistoryTimeWindow: 'PT1M' },
      );
      const { client } = namespace;
      const sender = client.createSender('orders');
      const receiver = client.createReceiver('orders');
      await sender.sendMessages({ body: 'first', messageId: 'same' });
      await receiver.completeMessage(await receiveOne(receiver));
      await sender.sendMessages({ body: 'repeated', messageId: 'same' });
      await sender.sendMessages({ body: 'another', messageId: 'other' });
      await client.createSender('others').sendMessages({ body: 'elsewhere', messageId: 'same' });
      expect(await peekBodies(namespace, 'orders')).toEqual(['another']);
      expect(await peekBodies(namespace, 'others')).toEqual(['elsewhere']);
      await namespace.passTime(65_000);
      await sender.sendMessages({ body: 'anew', messageId: 'same' });
      expect(await peekBodies(namespace, 'orders')).toEqual(['another', 'anew']);
    });

    it('keeps what was scheduled when its sender and client are closed; another one cancels it', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const at = new Date(Date.now() + 60_000);
      const [kept, gone] = await sender.scheduleMessages([{ body: 'kept' }, { body: 'gone' }], at);
      await sender.close();
      await client.createSender('orders').cancelScheduledMessages(gone ?? fail());
      const [standing] = await client.createReceiver('orders').peekMessages(10);
      expect(standing).toMatchObject({ body: 'kept', state: 'scheduled', sequenceNumber: kept });
      await namespace.passTime(61_000);
      expect((await receiveOne(client.createReceiver('orders'))).body).toBe('kept');
    });

    it('delivers a message at once whose scheduled time is past', async () => {
      const { client } = await start();
      const scheduledEnqueueTimeUtc = new Date(Date.now() - 60_000);
      await client.createSender('orders').sendMessages({ body: 'due', scheduledEnqueueTimeUtc });
      expect(await receiveOne(client.createReceiver('orders'))).toMatchObject({
        body: 'due',
        state: 'active',
      });
    });

    it('takes a batch whole or not at all', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const tooMuch = Array.from({ length: 30 }, () => ({ body: 'x'.repeat(10_000) }));
      await expect(sender.sendMessages(tooMuch)).rejects.toMatchObject({
        code: 'MessageSizeExceeded',
      });
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
      await sender.sendMessages(tooMuch.slice(0, 20));
      expect(await peekBodies(namespace, 'orders')).toHaveLength(20);
    });

    it('hands out in order whichever receiver asks, and an abandoned message to the next one', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages(numbers(6));
      const [a, b, c] = [0, 1, 2].map(() => client.createReceiver('orders', BY_HAND));
      if (!a || !b || !c) return fail();
      const order: unknown[] = [];
      const take = async (receiver: ServiceBusReceiver) => {
        const message = await receiveOne(receiver);
        order.push(message.body);
        return message;
      };
      await take(a);
      const given = await take(b);
      await take(c);
      await b.abandonMessage(given);
      for (const receiver of [c, a, b, c]) await take(receiver);
      expect(order).toEqual([0, 1, 2, 1, 3, 4, 5]);
    });

    it('holds as many messages in hand as a function app does, 16 in work and 10 prefetched, and leaves the rest to others', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages(numbers(40));
      const busy = client.createReceiver('orders', BY_HAND);
      const inHand = await receive(busy, 26);
      const others = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
      const rest = await receive(others, 14);
      expect(rest.map((message) => message.body as unknown)).toEqual(
        numbers(40)
          .slice(26)
          .map(({ body }) => body),
      );
      expect(await bodiesAtHand(others)).toEqual([]);
      await Promise.all(inHand.map((message) => busy.completeMessage(message)));
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('brings each of 300 messages to one of four subscribers, once', async () => {
      const { client } = await start();
      const handled: unknown[] = [];
      const done = Promise.withResolvers<void>();
      const receivers = [0, 1, 2, 3].map(() => client.createReceiver('orders', BY_HAND));
      for (const receiver of receivers)
        receiver.subscribe(
          {
            async processMessage(message) {
              await receiver.completeMessage(message);
              handled.push(message.body);
              if (handled.length === 300) done.resolve();
            },
            async processError({ error }) {
              done.reject(error);
            },
          },
          { maxConcurrentCalls: 16, autoCompleteMessages: false },
        );
      const sender = client.createSender('orders');
      const all = numbers(300);
      await Promise.all([0, 100, 200].map((from) => sender.sendMessages(all.slice(from, from + 100))));
      await done.promise;
      expect((handled as number[]).toSorted((x, y) => x - y)).toEqual(all.map(({ body }) => body));
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
      await Promise.all(receivers.map((receiver) => receiver.close()));
    });
  });
}

function fail(): never {
  throw new Error('a message is missing');
}
