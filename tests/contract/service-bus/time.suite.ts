import { afterEach, describe, expect, it } from '@jest/globals';
import { bodiesAtHand, peekBodies, receiveOne } from './namespace.ts';
import type { OpenNamespace, QueueDefinition, TestNamespace } from './namespace.ts';

/** Receivers here do not renew locks by themselves, so that only the test decides when one ends. */
const BY_HAND = { maxAutoLockRenewalDurationInMs: 0 };

/** Locks, schedules and times to live. */
export function describeTime(open: OpenNamespace): void {
  describe('time', () => {
    let namespace: TestNamespace;
    const start = async (queue: Omit<QueueDefinition, 'name'> = {}): Promise<TestNamespace> =>
      (namespace = await open({ name: 'orders', ...queue }));
    afterEach(() => namespace.close());

    it('delivers a message again when its lock has ended, and refuses the old lock', async () => {
      const { client } = await start({ lockDuration: 'PT30S' });
      await client.createSender('orders').sendMessages({ body: 'slow' });
      const receiver = client.createReceiver('orders', BY_HAND);
      const first = await receiveOne(receiver);
      await namespace.passTime(29_000);
      expect(await bodiesAtHand(client.createReceiver('orders', BY_HAND))).toEqual([]);
      await namespace.passTime(2_000);
      const second = await receiveOne(receiver);
      expect([second.body, second.deliveryCount]).toEqual(['slow', 1]);
      await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'MessageLockLost' });
      await receiver.completeMessage(second);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('counts a lock that ends as a delivery', async () => {
      const { client } = await start({ lockDuration: 'PT30S', maxDeliveryCount: 2 });
      await client.createSender('orders').sendMessages({ body: 'hangs' });
      const receiver = client.createReceiver('orders', BY_HAND);
      for (let delivery = 0; delivery < 2; delivery++) {
        await receiveOne(receiver);
        await namespace.passTime(31_000);
      }
      const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
      expect(dead.deadLetterReason).toBe('MaxDeliveryCountExceeded');
    });

    it('renews a lock, and not one that was lost', async () => {
      const { client } = await start({ lockDuration: 'PT30S' });
      await client.createSender('orders').sendMessages({ body: 'long' });
      const receiver = client.createReceiver('orders', BY_HAND);
      const message = await receiveOne(receiver);
      const before = message.lockedUntilUtc?.getTime() ?? 0;
      await namespace.passTime(20_000);
      const renewed = await receiver.renewMessageLock(message);
      expect(renewed.getTime() - before).toBeGreaterThanOrEqual(20_000);
      await namespace.passTime(20_000);
      await receiver.renewMessageLock(message);
      await namespace.passTime(31_000);
      await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
    });

    it('holds a message back until its scheduled time, then gives it a new place at the end', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
      const at = new Date(Date.now() + 60_000);
      const [number] = await sender.scheduleMessages({ body: 'scheduled' }, at);
      await sender.sendMessages({ body: 'by property', scheduledEnqueueTimeUtc: at });
      await sender.sendMessages({ body: 'now' });
      const [scheduled] = await receiver.peekMessages(1);
      expect(scheduled).toMatchObject({ state: 'scheduled', sequenceNumber: number });
      expect(await bodiesAtHand(receiver)).toEqual(['now']);
      await namespace.passTime(61_000);
      const message = await receiveOne(receiver);
      expect([message.body, message.state]).toEqual(['scheduled', 'active']);
      expect(message.sequenceNumber?.greaterThan(number ?? 0)).toBe(true);
      expect((await receiveOne(receiver)).body).toBe('by property');
    });

    it('cancels scheduled messages, and says when there is none', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const numbers = await sender.scheduleMessages(
        [{ body: 1 }, { body: 2 }],
        new Date(Date.now() + 60_000),
      );
      const [first, second] = numbers;
      if (!first || !second) throw new Error('two numbers were given');
      await sender.cancelScheduledMessages(first);
      await expect(sender.cancelScheduledMessages(first)).rejects.toMatchObject({ code: 'MessageNotFound' });
      await namespace.passTime(61_000);
      expect(await bodiesAtHand(client.createReceiver('orders'))).toEqual([2]);
      await expect(sender.cancelScheduledMessages(second)).rejects.toMatchObject({ code: 'MessageNotFound' });
    });

    it('drops an expired message, by its own time to live or the queue’s', async () => {
      const { client } = await start({ defaultMessageTimeToLive: 'PT1H' });
      await client
        .createSender('orders')
        .sendMessages([
          { body: 'minute', timeToLive: 60_000 },
          { body: 'hour' },
          { body: 'day', timeToLive: 86_400_000 },
        ]);
      await namespace.passTime(61_000);
      expect(await peekBodies(namespace, 'orders')).toEqual(['hour', 'day']);
      await namespace.passTime(3_600_000);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
      expect(await peekBodies(namespace, 'orders/$DeadLetterQueue')).toEqual([]);
    });

    it('dead-letters an expired message where the queue says so', async () => {
      const { client } = await start({ deadLetteringOnMessageExpiration: true });
      await client.createSender('orders').sendMessages({ body: 'late', timeToLive: 60_000 });
      await namespace.passTime(61_000);
      const dead = await receiveOne(client.createReceiver('orders', { subQueueType: 'deadLetter' }));
      expect(dead).toMatchObject({ body: 'late', deadLetterReason: 'TTLExpiredException' });
    });

    it('lets a locked message outlive its time to live, but not its lock', async () => {
      const { client } = await start({ lockDuration: 'PT2M' });
      const sender = client.createSender('orders');
      const receiver = client.createReceiver('orders', BY_HAND);
      await sender.sendMessages([
        { body: 'done', timeToLive: 60_000 },
        { body: 'given back', timeToLive: 60_000 },
      ]);
      const done = await receiveOne(receiver);
      const back = await receiveOne(receiver);
      await namespace.passTime(90_000);
      await receiver.completeMessage(done);
      await receiver.abandonMessage(back);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });

    it('starts the time to live of a scheduled message when it becomes active', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      await sender.scheduleMessages({ body: 'x', timeToLive: 30_000 }, new Date(Date.now() + 60_000));
      await namespace.passTime(70_000);
      expect(await peekBodies(namespace, 'orders')).toEqual(['x']);
      await namespace.passTime(31_000);
      expect(await peekBodies(namespace, 'orders')).toEqual([]);
    });
  });
}
