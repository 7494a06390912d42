import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openLocalNamespace, peekBodies } from './namespace.ts';
import type { TestNamespace } from './namespace.ts';

/** Where the local broker knowingly departs from Azure; `local/service-bus/README.md` lists these. */
describe('unlike Azure, the local broker', () => {
  let namespace: TestNamespace;
  afterEach(() => namespace.close());

  it('lets everyone in, whatever key the token was made with', async () => {
    namespace = await openLocalNamespace({ name: 'orders' });
    const stranger = new ServiceBusClient(
      namespace.connectionString.replace('SharedAccessKey=local', 'SharedAccessKey=wrong'),
    );
    await stranger.createSender('orders').sendMessages({ body: 'let in' });
    await stranger.close();
    expect(await peekBodies(namespace, 'orders')).toEqual(['let in']);
  });

  it('expires a message at its time, also when nobody receives', async () => {
    namespace = await openLocalNamespace({ name: 'orders', deadLetteringOnMessageExpiration: true });
    await namespace.client.createSender('orders').sendMessages({ body: 'x', timeToLive: 1_000 });
    await namespace.passTime(1_001);
    expect(await peekBodies(namespace, 'orders/$DeadLetterQueue')).toEqual(['x']);
  });

  it('takes session ids and partition keys without using them', async () => {
    namespace = await openLocalNamespace({ name: 'orders' });
    await namespace.client.createSender('orders').sendMessages([
      { body: 1, sessionId: 'a', partitionKey: 'a' },
      { body: 2, sessionId: 'b' },
    ]);
    expect(await peekBodies(namespace, 'orders')).toEqual([1, 2]);
  });

  it('has no quota for a queue', async () => {
    namespace = await openLocalNamespace({ name: 'orders' });
    const sender = namespace.client.createSender('orders');
    const body = Buffer.alloc(250_000);
    for (let n = 0; n < 40; n++) await sender.sendMessages({ body });
    const [first] = await namespace.client.createReceiver('orders').peekMessages(1);
    expect((first?.body as Buffer | undefined)?.length).toBe(250_000);
  });
});
