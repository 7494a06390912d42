import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import type { Shop } from './shop.ts';

/** When each command was given to the queue or the API: milliseconds since the epoch, before the call. */
export type Sent = ReadonlyMap<string, number>;

const HTTP_AT_ONCE = 20;

/** Puts `count` orders on `esprit-commands` at once, as an outside producer does, in as few batches as they fit in. */
export async function orderByQueue(shop: Shop, count: number): Promise<Sent> {
  await using closing = new AsyncDisposableStack();
  const bus = closing.adopt(new ServiceBusClient(shop.stack.serviceBusConnection), (client) =>
    client.close(),
  );
  const sender = bus.createSender('esprit-commands');
  const bodies = Array.from({ length: count }, (_, index) => orderBody(shop, index));
  const sent = new Map<string, number>();
  let next = 0;
  while (next < bodies.length) {
    const batch = await sender.createMessageBatch();
    const first = next;
    for (; next < bodies.length; next += 1) {
      const body = bodies[next];
      if (body && !batch.tryAddMessage({ body, messageId: body.commandId })) break;
    }
    if (next === first) throw new Error('an order does not fit into a batch');
    const atMs = Date.now();
    for (const { commandId } of bodies.slice(first, next)) sent.set(commandId, atMs);
    await sender.sendMessages(batch);
  }
  return sent;
}

function orderBody({ routingIds }: Shop, index: number) {
  return {
    schemaVersion: 1,
    commandId: randomUUID(),
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    routingId: routingIds[index % routingIds.length],
    requestedBy: 'erp@shop.example',
    requestedAt: new Date().toISOString(),
  };
}

/** Orders `count` programs by HTTP, so many requests under way at a time. */
export async function orderByHttp(shop: Shop, count: number): Promise<Sent> {
  const sent = new Map<string, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const atMs = Date.now();
      const { commandId } = await shop.call<{ commandId: string }>(
        `/routings/${shop.routingIds[index % shop.routingIds.length] ?? ''}/commands`,
        { application: 'esprit', commandType: 'GenerateNcProgram' },
      );
      sent.set(commandId, atMs);
    }
  };
  await Promise.all(Array.from({ length: HTTP_AT_ONCE }, worker));
  return sent;
}
