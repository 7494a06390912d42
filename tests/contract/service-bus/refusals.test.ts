import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import rhea from 'rhea';
import type { AmqpError, Connection, EventContext, Message, Receiver, Sender } from 'rhea';
import { openLocalNamespace, peekBodies, receiveOne } from './namespace.ts';
import type { TestNamespace } from './namespace.ts';

/** What Service Bus has and the product does not use is refused by name; the server goes on. */
describe('the local broker refuses', () => {
  let namespace: TestNamespace;
  let connection: Connection;

  beforeEach(async () => {
    namespace = await openLocalNamespace({ name: 'orders' });
    connection = rhea.create_container().connect({
      host: '127.0.0.1',
      port: Number(/127\.0\.0\.1:(\d+)/.exec(namespace.connectionString)?.[1]),
      username: 'anonymous',
      reconnect: false,
    });
    await once(connection, 'connection_open');
  });
  afterEach(async () => {
    connection.close();
    await once(connection, 'connection_close');
    await namespace.close();
    jest.restoreAllMocks();
  });

  async function errorOf(link: Sender | Receiver, event: string): Promise<AmqpError | undefined> {
    await once(link, event);
    return link.error as AmqpError | undefined;
  }

  async function request(operation: string, body: unknown = {}): Promise<Message | undefined> {
    const receiver = connection.open_receiver({
      source: { address: 'orders/$management' },
      target: { address: 'reply' },
    });
    const sender = connection.open_sender({ target: { address: 'orders/$management' } });
    const answered = once(receiver, 'message') as Promise<[EventContext]>;
    await once(sender, 'sendable');
    sender.send({ reply_to: 'reply', message_id: 'r', application_properties: { operation }, body });
    const [{ message }] = await answered;
    return message;
  }

  it('sessions', async () => {
    await expect(namespace.client.acceptSession('orders', 's')).rejects.toMatchObject({
      code: 'SessionCannotBeLocked',
    });
    const filter = { 'com.microsoft:session-filter': rhea.types.wrap_described('s', 0x137000000c) };
    const receiver = connection.open_receiver({ source: { address: 'orders', filter } });
    expect(await errorOf(receiver, 'receiver_error')).toMatchObject({
      condition: 'amqp:not-implemented',
      description: expect.stringMatching(/session: not offered by the local Service Bus broker/),
    });
  });

  it('topics and their subscriptions', async () => {
    const receiver = namespace.client.createReceiver('topic', 'subscription');
    await expect(receiver.receiveMessages(1)).rejects.toThrow(
      /topic subscription .* not offered by the local/,
    );
  });

  it('transactions', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const sender = connection.open_sender('coordinator');
    const { types } = rhea;
    (sender as unknown as { local: { attach: { target: unknown } } }).local.attach.target = types.described(
      types.wrap_symbol('amqp:coordinator:list'),
      types.wrap_list([]),
    );
    expect(await errorOf(sender, 'sender_error')).toMatchObject({ condition: 'amqp:not-implemented' });
  });

  it('deferring, by link and by management, and the message stays locked', async () => {
    await namespace.client.createSender('orders').sendMessages({ body: 'x' });
    const receiver = namespace.client.createReceiver('orders');
    const message = await receiveOne(receiver);
    await expect(receiver.deferMessage(message)).rejects.toThrow(/Deferring a message: not offered/);
    const [peeked] = await receiver.peekMessages(1);
    await expect(receiver.receiveDeferredMessages(peeked?.sequenceNumber as never)).rejects.toThrow(
      /receive-by-sequence-number": not offered/,
    );
    expect(await peekBodies(namespace, 'orders')).toEqual(['x']);
  });

  it.each(['get-message-sessions', 'renew-session-lock', 'add-rule', 'batch-delete-messages'])(
    'the management operation %s',
    async (operation) => {
      const answer = await request(`com.microsoft:${operation}`);
      expect(answer?.application_properties).toMatchObject({
        statusCode: 501,
        errorCondition: 'amqp:not-implemented',
        statusDescription: expect.stringContaining('not offered by the local Service Bus broker'),
      });
    },
  );

  it('management requests that it cannot read', async () => {
    const answer = await request('com.microsoft:peek-message', { 'message-count': 'many' });
    expect(answer?.application_properties).toMatchObject({
      statusCode: 400,
      errorCondition: 'com.microsoft:argument-error',
      statusDescription: expect.stringContaining('from-sequence-number'),
    });
  });

  it('a transfer that is no message, and keeps the connection', async () => {
    const sender = connection.open_sender({ target: { address: 'orders' } });
    await once(sender, 'sendable');
    const rejected = once(sender, 'rejected') as Promise<[EventContext]>;
    sender.send(Buffer.from('rubbish'), undefined, 0);
    const [{ delivery }] = await rejected;
    expect(delivery?.remote_state).toMatchObject({ error: { condition: 'amqp:decode-error' } });
    const accepted = once(sender, 'accepted');
    sender.send({ body: 'good' });
    await accepted;
    expect(await peekBodies(namespace, 'orders')).toEqual(['good']);
  });
});
