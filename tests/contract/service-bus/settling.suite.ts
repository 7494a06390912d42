import { afterEach, describe, expect, it } from '@jest/globals';
import { bodiesAtHand, peekBodies, receive, receiveOne } from './namespace.ts';
import type { OpenNamespace, QueueDefinition, TestNamespace } from './namespace.ts';

/** What becomes of a message that was received. */
export function describeSettling(open: OpenNamespace): void {
  describe('settling', () => {
    let namespace: TestNamespace;
    const start = async (queue: Omit<QueueDefinition, 'name'> = {}): Promise<TestNamespace> =>
      (namespace = await open({ name: 'orders', ...queue }));
    afterEach(() => namespace.close());

    it('removes a completed message', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages({ body: 'work' });
      const receiver = client.createReceiver('orders');
      await receiver.completeMessage(await receiveOne(receiver));
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('delivers an abandoned message again at its old place, with a higher delivery count', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([{ body: 'a' }, { body: 'b' }]);
      const receiver = client.createReceiver('orders');
      await receiver.abandonMessage(await receiveOne(receiver), { tried: 'yes' });
      const again = await receive(receiver, 2);
      expect(again.map((message) => [message.body, message.deliveryCount])).toEqual([
        ['a', 1],
        ['b', 0],
      ]);
      expect(again[0]?.applicationProperties).toEqual({ tried: 'yes' });
    });

    it('dead-letters a message after its last delivery', async () => {
      const { client } = await start({ maxDeliveryCount: 3 });
      await client.createSender('orders').sendMessages({ body: 'poison', messageId: 'p' });
      const receiver = client.createReceiver('orders');
      for (const count of [0, 1, 2]) {
        const message = await receiveOne(receiver);
        expect(message.deliveryCount).toBe(count);
        await receiver.abandonMessage(message);
      }
      const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
      expect(dead).toMatchObject({
        body: 'poison',
        messageId: 'p',
        deadLetterReason: 'MaxDeliveryCountExceeded',
        deadLetterSource: 'orders',
        deliveryCount: 3,
      });
      expect(await bodiesAtHand(receiver)).toEqual([]);
    });

    it('dead-letters with reason, description and properties, and keeps the message otherwise', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages({ body: 'bad', applicationProperties: { own: 1 } });
      const receiver = client.createReceiver('orders');
      await receiver.deadLetterMessage(await receiveOne(receiver), {
        deadLetterReason: 'Unreadable',
        deadLetterErrorDescription: 'commandId is missing',
        extra: 'kept',
      });
      const deadLetters = client.createReceiver('orders', { subQueueType: 'deadLetter' });
      const dead = await receiveOne(deadLetters);
      expect(dead).toMatchObject({
        body: 'bad',
        deadLetterReason: 'Unreadable',
        deadLetterErrorDescription: 'commandId is missing',
        applicationProperties: { own: 1, extra: 'kept' },
      });
      await deadLetters.completeMessage(dead);
      expect(await peekBodies(namespace, 'orders/$DeadLetterQueue')).toEqual([]);
    });

    it('a dead-lettered message stays until it is completed', async () => {
      const { client } = await start({ maxDeliveryCount: 1, defaultMessageTimeToLive: 'PT1M' });
      await client.createSender('orders').sendMessages({ body: 'dead' });
      const receiver = client.createReceiver('orders');
      await receiver.deadLetterMessage(await receiveOne(receiver));
      const deadLetters = client.createReceiver('orders', { subQueueType: 'deadLetter' });
      for (let times = 0; times < 3; times++) await deadLetters.abandonMessage(await receiveOne(deadLetters));
      await namespace.passTime(120_000);
      expect(await peekBodies(namespace, 'orders/$DeadLetterQueue')).toEqual(['dead']);
    });

    it('settles over the management link when the receiver is closed', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages(['a', 'b', 'c'].map((body) => ({ body })));
      const closed = client.createReceiver('orders');
      const [a, b, c] = await receive(closed, 3);
      await closed.close();
      const other = client.createReceiver('orders');
      if (!a || !b || !c) throw new Error('three messages were received');
      await other.completeMessage(a);
      await other.abandonMessage(b, { note: 'back' });
      await other.deadLetterMessage(c, { deadLetterReason: 'r', deadLetterErrorDescription: 'd' });
      const again = await receiveOne(other);
      expect([again.body, again.deliveryCount, again.applicationProperties]).toEqual([
        'b',
        1,
        { note: 'back' },
      ]);
      const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
      expect([dead.body, dead.deadLetterReason, dead.deadLetterErrorDescription]).toEqual(['c', 'r', 'd']);
      await expect(other.completeMessage(a)).rejects.toMatchObject({ code: 'MessageLockLost' });
    });

    it('deletes at once in receive-and-delete mode', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }]);
      await receive(client.createReceiver('orders', { receiveMode: 'receiveAndDelete' }), 2);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('answers a lost lock among good ones to the right message', async () => {
      const { client } = await start({ lockDuration: 'PT30S' });
      const sender = client.createSender('orders');
      const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 });
      await sender.sendMessages({ body: 'early' });
      const early = await receiveOne(receiver);
      await namespace.passTime(31_000);
      await sender.sendMessages([{ body: 'x' }, { body: 'y' }]);
      const [again, x, y] = await receive(receiver, 3);
      if (!again || !x || !y) throw new Error('three messages were received');
      const results = await Promise.allSettled(
        [early, again, x, y].map((message) => receiver.completeMessage(message)),
      );
      expect(results.map((result) => result.status)).toEqual([
        'rejected',
        'fulfilled',
        'fulfilled',
        'fulfilled',
      ]);
      expect(results[0]).toMatchObject({ reason: { code: 'MessageLockLost' } });
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('settles thousands of messages on one link', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const receiver = client.createReceiver('orders');
      for (let round = 0; round < 5; round++) {
        await sender.sendMessages(Array.from({ length: 600 }, (_, n) => ({ body: round * 600 + n })));
        const messages = await receive(receiver, 600);
        await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      }
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });
  });
}
