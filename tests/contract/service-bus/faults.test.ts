import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startBroker } from '../../../local/service-bus/broker.ts';
import type { RunningBroker } from '../../../local/service-bus/broker.ts';
import { parseQueues } from '../../../local/service-bus/config.ts';
import { Faults } from '../../../local/service-bus/faults/faults.ts';
import { ManualClock } from './manual-clock.ts';
import { bodiesAtHand, localConnectionString, receive, receiveOne } from './namespace.ts';

/** What each switch of the local broker does, as the SDK sees it. */
describe('a fault switch of the broker', () => {
  let faults: Faults;
  let clock: ManualClock;
  let broker: RunningBroker;
  let client: ServiceBusClient;
  beforeEach(async () => {
    faults = new Faults();
    clock = new ManualClock();
    const queues = parseQueues([{ name: 'orders', requiresDuplicateDetection: true }, { name: 'other' }]);
    broker = await startBroker({ port: 0, databasePath: ':memory:', queues, clock, faults });
    client = new ServiceBusClient(localConnectionString(broker.port), {
      retryOptions: { retryDelayInMs: 10, maxRetries: 3, timeoutInMs: 2_000 },
    });
  });
  afterEach(async () => {
    await client.close();
    await broker.stop();
  });
  const send = (...bodies: unknown[]): Promise<void> =>
    client.createSender('orders').sendMessages(bodies.map((body) => ({ body })));

  it('lose-lock ends the lock of the next deliveries, and of no other', async () => {
    faults.change({ fault: 'lose-lock', queue: 'orders', count: 1 });
    await send('x');
    const receiver = client.createReceiver('orders', { maxAutoLockRenewalDurationInMs: 0 });
    const first = await receiveOne(receiver);
    const second = await receiveOne(receiver);
    expect([first.body, second.body, second.deliveryCount]).toEqual(['x', 'x', 1]);
    await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: 'MessageLockLost' });
    await receiver.completeMessage(second);
    expect(faults.view().queues).toEqual({});
  });

  it('duplicate brings the same id and content a second time', async () => {
    faults.change({ fault: 'duplicate', queue: 'orders', count: 1 });
    await client.createSender('orders').sendMessages({ body: 'x', messageId: 'same' });
    const receiver = client.createReceiver('orders');
    for (const message of await receive(receiver, 2)) {
      expect([message.body, message.messageId, message.deliveryCount]).toEqual(['x', 'same', 0]);
      await receiver.completeMessage(message);
    }
    expect(await bodiesAtHand(receiver)).toEqual([]);
  });

  it('reorder turns the next deliveries round', async () => {
    await send(1, 2, 3, 4);
    faults.change({ fault: 'reorder', queue: 'orders', count: 2 });
    const messages = await receive(client.createReceiver('orders'), 4);
    expect(messages.map(({ body }) => body as unknown)).toEqual([4, 3, 1, 2]);
  });

  it('delay-deliveries holds a message back on its way, with its lock running', async () => {
    faults.change({ fault: 'delay-deliveries', queue: 'orders', ms: 5_000 });
    await send('late');
    const receiver = client.createReceiver('orders');
    const coming = receiveOne(receiver);
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    const sentMs = clock.nowMs();
    clock.advance(5_000);
    const message = await coming;
    expect(message.body).toBe('late');
    expect(message.lockedUntilUtc?.getTime()).toBe(sentMs + 60_000);
  });

  it('refuse-sends refuses so many transfers; the SDK sends again, and one that may not fails', async () => {
    faults.change({ fault: 'refuse-sends', queue: 'orders', count: 1 });
    const impatient = new ServiceBusClient(localConnectionString(broker.port), {
      retryOptions: { maxRetries: 0 },
    });
    await expect(impatient.createSender('orders').sendMessages({ body: 'no' })).rejects.toMatchObject({
      code: 'ServiceBusy',
    });
    await impatient.close();
    await send('yes');
    expect(await bodiesAtHand(client.createReceiver('orders'))).toEqual(['yes']);
  });

  it('drop-connections cuts all, or those of one client, and clients come back', async () => {
    const sender = client.createSender('orders');
    await sender.sendMessages({ body: 'before' });
    expect(faults.view().connections).toHaveLength(1);
    const [connection] = faults.view().connections;
    expect(faults.change({ fault: 'drop-connections', client: 'nobody' })).toEqual({ dropped: 0 });
    expect(faults.change({ fault: 'drop-connections', client: connection?.client })).toEqual({ dropped: 1 });
    while (faults.view().connections.length > 0) await new Promise((resolve) => setImmediate(resolve));
    await sender.sendMessages({ body: 'after' });
    expect(await bodiesAtHand(client.createReceiver('orders'))).toEqual(['before', 'after']);
  });

  it('stands for its queue alone, is shown, and is gone after a reset', async () => {
    faults.change({ fault: 'reorder', queue: 'other', count: 3 });
    faults.change({ fault: 'delay-deliveries', queue: 'Orders', ms: 1_000 });
    expect(faults.view().queues).toEqual({
      other: expect.objectContaining({ reorder: 3 }),
      orders: expect.objectContaining({ delayMs: 1_000 }),
    });
    faults.reset();
    expect(faults.view().queues).toEqual({});
    await send(1, 2);
    expect(await bodiesAtHand(client.createReceiver('orders'))).toEqual([1, 2]);
  });
});
