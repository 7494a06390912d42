import { afterEach, describe, expect, it } from '@jest/globals';
import { BrokerProcess } from './broker-process.ts';
import { bodiesAtHand, receive, receiveOne } from './namespace.ts';

describe('a broker that is killed and started again', () => {
  let broker: BrokerProcess;
  afterEach(() => broker.close());

  it('has every message it acknowledged, once each, also when killed among sends', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    const sender = broker.client().createSender('orders');
    const acknowledged = new Set<number>();
    const enough = Promise.withResolvers<void>();
    let next = 0;
    const producers = Array.from({ length: 20 }, async () => {
      while (acknowledged.size < 2000 && next < 4000) {
        const body = next++;
        const sent = await sender.sendMessages({ body }).then(
          () => true,
          () => false,
        );
        if (!sent) return;
        acknowledged.add(body);
        if (acknowledged.size === 300) enough.resolve();
      }
    });
    await enough.promise;
    await broker.kill();
    await Promise.all(producers);
    await broker.restart();

    const receiver = broker.client().createReceiver('orders', { receiveMode: 'receiveAndDelete' });
    const found: number[] = [];
    for (let messages = await drain(); messages.length > 0; messages = await drain()) found.push(...messages);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining([...acknowledged]));
    expect(acknowledged.size).toBeGreaterThanOrEqual(300);

    async function drain(): Promise<number[]> {
      const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 2000 });
      return messages.map((message) => message.body as number);
    }
  });

  it('forgets what was completed, redelivers at once what was locked, and counts that delivery', async () => {
    broker = await BrokerProcess.start({ name: 'orders', lockDuration: 'PT5M' });
    const before = broker.client();
    await before.createSender('orders').sendMessages(['done', 'twice', 'open'].map((body) => ({ body })));
    const receiver = before.createReceiver('orders');
    const [done, twice] = await receive(receiver, 3);
    if (!done || !twice) throw new Error('three messages were received');
    await receiver.completeMessage(done);
    await receiver.abandonMessage(twice);
    await receiveOne(receiver);
    await broker.kill();
    await before.close();
    await broker.restart();
    const after = await receive(broker.client().createReceiver('orders'), 2);
    expect(after.map((message) => [message.body, message.deliveryCount])).toEqual([
      ['twice', 2],
      ['open', 1],
    ]);
  });

  it('keeps scheduled messages, dead letters, sequence numbers and seen message ids', async () => {
    broker = await BrokerProcess.start({ name: 'orders', requiresDuplicateDetection: true });
    const before = broker.client();
    const sender = before.createSender('orders');
    await sender.sendMessages({ body: 'bad', messageId: 'seen' });
    const receiver = before.createReceiver('orders');
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: 'why',
      deadLetterErrorDescription: 'because',
    });
    const [scheduled] = await sender.scheduleMessages({ body: 'later' }, new Date(Date.now() + 3_600_000));
    await broker.kill();
    await before.close();
    await broker.restart();

    const after = broker.client();
    const dead = await receiveOne(after.createReceiver('orders', { subQueueType: 'deadLetter' }));
    expect([dead.body, dead.deadLetterReason]).toEqual(['bad', 'why']);
    const again = after.createSender('orders');
    await again.sendMessages({ body: 'dropped', messageId: 'seen' });
    await again.sendMessages({ body: 'new' });
    const fresh = await receiveOne(after.createReceiver('orders'));
    expect(fresh.body).toBe('new');
    expect(fresh.sequenceNumber?.greaterThan(scheduled ?? 0)).toBe(true);
    const [waiting] = await after.createReceiver('orders').peekMessages(1);
    expect(waiting).toMatchObject({ body: 'later', state: 'scheduled' });
  });

  it('serves a subscriber that was there before, without a new subscription', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    const client = broker.client();
    const arrived = Promise.withResolvers<unknown>();
    const subscribed = Promise.withResolvers<void>();
    client.createReceiver('orders').subscribe({
      processMessage: async (message) => {
        if (message.body === 'before') subscribed.resolve();
        else arrived.resolve(message.body);
      },
      processError: async () => undefined,
    });
    await client.createSender('orders').sendMessages({ body: 'before' });
    await subscribed.promise;
    await broker.kill();
    await broker.restart();
    await broker.client().createSender('orders').sendMessages({ body: 'after' });
    expect(await arrived.promise).toBe('after');
  });

  it('stops cleanly on SIGTERM with everything kept', async () => {
    broker = await BrokerProcess.start({ name: 'orders' });
    const before = broker.client();
    await before.createSender('orders').sendMessages({ body: 'kept' });
    expect(await broker.kill('SIGTERM')).toBe(0);
    await before.close();
    await broker.restart();
    expect(await bodiesAtHand(broker.client().createReceiver('orders'))).toEqual(['kept']);
  });
});
