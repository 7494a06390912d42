import { ServiceBusClient } from '@azure/service-bus';
import { expect, it } from '@jest/globals';
import { createSettler } from '../../../local/functions-host/service-bus/settle.ts';
import { startBroker } from '../../../local/service-bus/broker.ts';
import { parseQueues } from '../../../local/service-bus/config.ts';

it('settles neighbours of one turn as each was asked, though the SDK would merge them', async () => {
  const broker = await startBroker({
    port: 0,
    databasePath: ':memory:',
    queues: parseQueues([{ name: 'in' }]),
  });
  const client = new ServiceBusClient(
    `Endpoint=sb://127.0.0.1:${broker.port};SharedAccessKeyName=k;SharedAccessKey=k;UseDevelopmentEmulator=true;`,
  );
  try {
    await client
      .createSender('in')
      .sendMessages(['good', 'failed', 'good too', 'failed too'].map((body) => ({ body })));
    const receiver = client.createReceiver('in');
    const messages = await receiver.receiveMessages(4, { maxWaitTimeInMs: 30_000 });
    const settler = createSettler({ receiver, other: receiver, closed: new AbortController().signal });

    await Promise.all(
      messages.map((message) =>
        settler.settle(
          message,
          String(message.body).startsWith('good') ? 'complete' : 'abandon',
          Date.now() + 30_000,
        ),
      ),
    );

    const left = await receiver.peekMessages(10);
    expect(left.map(({ body }) => body as unknown)).toEqual(['failed', 'failed too']);
  } finally {
    await client.close();
    await broker.stop();
  }
});
