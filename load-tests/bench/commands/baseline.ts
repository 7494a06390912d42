import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import type { TestStack } from '../../../tests/support/stack.ts';
import { BENCH_QUEUE } from './shop.ts';

/** As many at once as the host of the functions takes. */
const AT_ONCE = 16;

/** Seconds that the bare SDK takes to send, receive and complete `count` messages of the size of an order on the same broker. */
export async function bareMessages(stack: TestStack, count: number): Promise<number> {
  await using closing = new AsyncDisposableStack();
  const bus = closing.adopt(new ServiceBusClient(stack.serviceBusConnection), (client) => client.close());
  const startedAtMs = performance.now();
  const sender = bus.createSender(BENCH_QUEUE);
  const receiver = bus.createReceiver(BENCH_QUEUE, { receiveMode: 'peekLock' });
  const done = Promise.withResolvers<void>();
  let completed = 0;
  receiver.subscribe(
    {
      processMessage: async () => {
        completed += 1;
        if (completed === count) setImmediate(done.resolve);
      },
      processError: async ({ error }) => done.reject(error),
    },
    { maxConcurrentCalls: AT_ONCE },
  );
  for (let sent = 0; sent < count;) {
    const batch = await sender.createMessageBatch();
    while (sent < count && batch.tryAddMessage({ body: message(), messageId: randomUUID() })) sent += 1;
    await sender.sendMessages(batch);
  }
  await done.promise;
  await receiver.close();
  return (performance.now() - startedAtMs) / 1000;
}

function message() {
  return {
    schemaVersion: 1,
    commandId: randomUUID(),
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    routingId: randomUUID(),
    requestedBy: 'erp@shop.example',
    requestedAt: new Date().toISOString(),
  };
}
