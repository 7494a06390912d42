import { afterEach, describe, expect, it } from '@jest/globals';
import { bodiesAtHand, peekBodies, receive, receiveOne } from './namespace.ts';
import type { OpenNamespace, QueueDefinition, TestNamespace } from './namespace.ts';

/** What a sender may rely on. */
export function describeSending(open: OpenNamespace): void {
  describe('sending', () => {
    let namespace: TestNamespace;
    const start = async (queue: Omit<QueueDefinition, 'name'> = {}): Promise<TestNamespace> =>
      (namespace = await open({ name: 'orders', ...queue }));
    afterEach(() => namespace.close());

    it('brings every part of a message to the receiver', async () => {
      const { client } = await start();
      const sent = {
        body: { text: 'Fräsen', list: [1, 2.5, null] },
        messageId: 'id-1',
        correlationId: 'c-1',
        contentType: 'application/json',
        subject: 'subject',
        replyTo: 'replies',
        to: 'somewhere',
        timeToLive: 3_600_000,
        applicationProperties: { 'Diagnostic-Id': '00-abc', count: 3, ratio: -1.5, done: true },
      };
      await client.createSender('orders').sendMessages(sent);
      const got = await receiveOne(client.createReceiver('orders'));
      expect(got).toMatchObject(sent);
      expect(got.deliveryCount).toBe(0);
      expect(got.enqueuedTimeUtc).toBeInstanceOf(Date);
      expect(got.sequenceNumber?.toNumber()).toBeGreaterThan(0);
    });

    it('gives a message an id when its sender did not', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([{ body: 1 }, { body: 2 }]);
      const got = await receive(client.createReceiver('orders'), 2);
      expect(new Set(got.map((message) => message.messageId)).size).toBe(2);
      expect(got[0]?.messageId).toMatch(/^[0-9a-f]{32}$/);
    });

    it('carries bytes and AMQP values unchanged', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const bytes = Buffer.from([0, 255, 1, 254]);
      await sender.sendMessages({ body: bytes });
      await sender.sendMessages({ body: 'value', bodyType: 'value' });
      await sender.sendMessages({ body: [[1, 'two']], bodyType: 'sequence' });
      const got = await receive(client.createReceiver('orders', { skipParsingBodyAsJson: true }), 3);
      expect(got.map((message) => message.body as unknown)).toEqual([bytes, 'value', [[1, 'two']]]);
    });

    it('keeps the order of messages sent one by one and in batches', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      await sender.sendMessages({ body: 0 });
      await sender.sendMessages([1, 2, 3].map((body) => ({ body })));
      await Promise.all([4, 5, 6].map((body) => sender.sendMessages({ body })));
      const got = await receive(client.createReceiver('orders'), 7);
      expect(got.map((message) => message.body as unknown)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });

    it('fills a batch up to the size limit', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const batch = await sender.createMessageBatch();
      expect(batch.maxSizeInBytes).toBe(256 * 1024);
      while (batch.tryAddMessage({ body: 'x'.repeat(10_000) }));
      await sender.sendMessages(batch);
      expect(batch.count).toBeGreaterThan(24);
      expect(await receive(client.createReceiver('orders'), batch.count)).toHaveLength(batch.count);
    });

    it('takes a message of 256 KB and refuses a larger one, alone, among others in flight', async () => {
      const { client } = await start();
      const sender = client.createSender('orders');
      const results = await Promise.allSettled([
        sender.sendMessages({ body: Buffer.alloc(262_000, 1) }),
        sender.sendMessages({ body: Buffer.alloc(262_200, 2) }),
        sender.sendMessages({ body: 'small' }),
      ]);
      expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'MessageSizeExceeded' } });
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const got = await receive(client.createReceiver('orders', { skipParsingBodyAsJson: true }), 2);
      expect(got.map((message) => (message.body as Buffer).length)).toEqual([262_000, 7]);
    });

    it('drops a message id that it has seen within the window, without an error', async () => {
      const { client } = await start({
        requiresDuplicateDetection: true,
        duplicateDetectionHistoryTimeWindow: 'PT1M',
      });
      const sender = client.createSender('orders');
      const receiver = client.createReceiver('orders', { receiveMode: 'receiveAndDelete' });
      await sender.sendMessages({ body: 'first', messageId: 'same' });
      await sender.sendMessages([
        { body: 'again', messageId: 'same' },
        { body: 'other', messageId: 'other' },
        { body: 'other again', messageId: 'other' },
      ]);
      expect(await bodiesAtHand(receiver)).toEqual(['first', 'other']);
      await namespace.passTime(59_000);
      await sender.sendMessages({ body: 'too early', messageId: 'same' });
      await namespace.passTime(2_000);
      await sender.sendMessages({ body: 'late enough', messageId: 'same' });
      expect(await bodiesAtHand(receiver)).toEqual(['late enough']);
    });

    it('takes the same message id twice where duplicates are not detected', async () => {
      const { client } = await start();
      await client.createSender('orders').sendMessages([
        { body: 1, messageId: 'same' },
        { body: 2, messageId: 'same' },
      ]);
      expect(await peekBodies(namespace, 'orders')).toEqual([1, 2]);
    });

    it('refuses to send to a dead-letter queue', async () => {
      const { client } = await start();
      const sender = client.createSender('orders/$DeadLetterQueue');
      await expect(sender.sendMessages({ body: 1 })).rejects.toThrow(/Nothing can be sent|InvalidOperation/);
    });

    it('names a queue that does not exist', async () => {
      const { client } = await start();
      await expect(client.createSender('absent').sendMessages({ body: 1 })).rejects.toMatchObject({
        code: 'MessagingEntityNotFound',
      });
      await expect(client.createReceiver('absent').receiveMessages(1)).rejects.toMatchObject({
        code: 'MessagingEntityNotFound',
      });
    });
  });
}
