import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusSender } from '@azure/service-bus';
import { startStack, until, type TestStack } from '../support/stack.ts';
import { peekQueue, refusedMessages } from '../support/faults-queues.ts';
import { ledgerPath, readLedger } from '../support/faults-ledger.ts';
import { changesOf, clientOf, newRouting, untilFinal, type Client, type Command } from './client.ts';

let stack: TestStack;
let engineer: Client;
let bus: ServiceBusClient;
let sender: ServiceBusSender;
const rejected: ServiceBusReceivedMessage[] = [];
beforeAll(async () => {
  stack = await startStack({ cmdhosts: 1 });
  engineer = await clientOf(stack);
  bus = new ServiceBusClient(stack.serviceBusConnection);
  sender = bus.createSender('esprit-commands');
  bus.createReceiver('esprit-rejected', { receiveMode: 'receiveAndDelete' }).subscribe({
    processMessage: async (message) => void rejected.push(message),
    processError: async ({ error }) => {
      throw error;
    },
  });
}, 60_000);
afterAll(async () => {
  await bus?.close();
  await stack?.stop();
});

/** A body as contracts.md has it. */
function commandBody(routingId: string) {
  return {
    schemaVersion: 1,
    commandId: randomUUID(),
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    routingId,
    requestedBy: 'erp@shop.example',
    requestedAt: new Date().toISOString(),
  };
}

/** Sees the command come to its end from outside; until its first activity has run the API knows nothing of it. */
async function untilProducedFinal(commandId: string): Promise<Command> {
  await until(
    async () => (await engineer.call('GET', `/commands/${commandId}`)).status === 200,
    `command ${commandId} to appear`,
    15_000,
  );
  return untilFinal(engineer, commandId);
}

/** The copy of a message in esprit-rejected: by its id, or by the id of its command once an orchestration has it. */
async function untilRejected(messageId: string, commandId: string): Promise<ServiceBusReceivedMessage> {
  let found: ServiceBusReceivedMessage | undefined;
  await until(
    () => {
      found = rejected.find(
        (message) =>
          message.messageId === messageId || Reflect.get(Object(message.body), 'commandId') === commandId,
      );
      return found !== undefined;
    },
    `message ${messageId} in esprit-rejected`,
    15_000,
  );
  if (!found) throw new Error(`message ${messageId} was not rejected`);
  return found;
}

/** Waits until the queue holds nothing, not even what is being worked on. */
function untilEmpty(queue: string): Promise<void> {
  return until(
    async () => (await peekQueue(stack.serviceBusConnection, queue)).length === 0,
    `${queue} to be empty`,
    15_000,
  );
}

async function startsOf(commandId: string): Promise<number> {
  const ledger = await readLedger(ledgerPath(stack.stateDir));
  return ledger.filter((entry) => entry.event === 'start' && entry.commandId === commandId).length;
}

describe('a producer with nothing but the Service Bus SDK', () => {
  it('puts a command on esprit-commands and finds it Succeeded', async () => {
    const routing = await newRouting(engineer);
    const body = commandBody(routing.routingId);
    await sender.sendMessages({ body });
    expect(await untilProducedFinal(body.commandId)).toMatchObject({
      commandId: body.commandId,
      status: 'Succeeded',
      requestedBy: 'erp@shop.example',
      requestedByKind: 'producer',
    });
  });

  it('gets one command and one effect from one order, however often and whenever it sends it', async () => {
    const routing = await newRouting(engineer);
    const body = commandBody(routing.routingId);
    // Ids of their own: the queue's duplicate detection does not help here.
    const send = (count: number) =>
      Promise.all(
        Array.from({ length: count }, () => sender.sendMessages({ body, messageId: randomUUID() })),
      );

    await send(5);
    const first = await untilProducedFinal(body.commandId);
    await send(3);
    const marker = commandBody(routing.routingId);
    await sender.sendMessages({ body: marker });
    await untilProducedFinal(marker.commandId);
    await untilEmpty('esprit-commands');

    expect(await engineer.get(`/commands/${body.commandId}`)).toEqual(first);
    expect(first).toMatchObject({ status: 'Succeeded', attempt: 1 });
    expect(await startsOf(body.commandId)).toBe(1);
    const changes = await changesOf(engineer, routing.routingId);
    expect(changes.filter((type) => type === 'CommandRequested')).toHaveLength(2);
    expect(changes.filter((type) => type === 'CommandSucceeded')).toHaveLength(2);
  });

  it('gets one command when duplicate detection drops the second message', async () => {
    const routing = await newRouting(engineer);
    const message = { body: commandBody(routing.routingId), messageId: randomUUID() };
    await sender.sendMessages(message);
    await sender.sendMessages(message);
    expect((await untilProducedFinal(message.body.commandId)).status).toBe('Succeeded');
    expect(await startsOf(message.body.commandId)).toBe(1);
  });
});

describe('a message that cannot be carried out', () => {
  const good = { ...commandBody(randomUUID()), commandId: undefined };
  const cases: readonly [string, unknown, RegExp, RegExp][] = [
    ['is not JSON', Buffer.from('{"commandId": oops'), /^invalid-message$/, /./],
    ['is no object', [1, 2, 3], /^invalid-message$/, /object/i],
    ['has wrong types', { ...good, priority: 'high', camRev: {} }, /^invalid-message$/, /camRev.*priority/],
    ['lacks a field', { ...good, routingId: undefined }, /^invalid-message$/, /routingId/],
    ['has a field nobody knows', { ...good, surprise: true }, /^invalid-message$/, /surprise/],
    [
      'is of a later schema',
      { ...good, schemaVersion: 99 },
      /^schema-version-unknown$/,
      /99 is newer than 1/,
    ],
    ['names an unknown command type', { ...good, commandType: 'Sing' }, /^command-type-unknown$/, /Generate/],
    ['names an unknown routing', good, /^routing-not-found$/, /routing/i],
  ];

  it.each(cases)(
    'because it %s, is in esprit-rejected with the reason after its first delivery, and those behind it go on',
    async (_why, given, reason, description) => {
      const messageId = randomUUID();
      const commandId = randomUUID();
      const isObject = !(given instanceof Buffer) && !Array.isArray(given);
      const body = isObject ? { ...(given as object), commandId } : given;
      const behind = commandBody((await newRouting(engineer)).routingId);
      await sender.sendMessages([{ body, messageId, contentType: 'application/json' }, { body: behind }]);

      const copy = await untilRejected(messageId, commandId);
      expect(copy.applicationProperties).toMatchObject({
        DeadLetterReason: expect.stringMatching(reason),
        DeadLetterErrorDescription: expect.stringMatching(description),
        SourceQueue: 'esprit-commands',
      });
      expect(asJson(copy.body)).toEqual(asJson(body));
      expect((await untilProducedFinal(behind.commandId)).status).toBe('Succeeded');
      await untilEmpty('esprit-commands');
      expect(await refusedMessages(stack.serviceBusConnection)).toEqual([]);
    },
  );

  /** A body as it comes over the wire: bytes as the text they are, members that are undefined gone. */
  function asJson(body: unknown): unknown {
    return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : JSON.parse(JSON.stringify(body));
  }
});
