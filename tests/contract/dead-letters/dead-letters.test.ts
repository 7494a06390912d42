import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import { loadQueues } from '../../../local/service-bus/config.ts';
import { queues } from '../../../shared/dead-letters/index.ts';
import { RawConnection } from '../../../shared/messaging/raw/connection.ts';
import {
  SECTION,
  encodeText,
  itemsOf,
  splitSections,
  textOf,
} from '../../../shared/messaging/raw/sections.ts';
import { peekBodies, receive, receiveOne } from '../service-bus/namespace.ts';
import { type DeadLetterRig, bytes, openDeadLetterRig } from './rig.ts';
import { withoutTable } from '../../support/missing-table.ts';

let rig: DeadLetterRig;
beforeEach(async () => {
  rig = await openDeadLetterRig();
});
afterEach(() => rig.close());

interface Shown {
  readonly queue: string;
  readonly sequenceNumber: string;
  readonly messageId: string;
  readonly body: unknown;
}
const shown = (json: Record<string, unknown>): Shown[] => json['value'] as Shown[];

async function only(queue: string): Promise<Shown> {
  const value = shown((await rig.get(`dead-letters?queue=${queue}`)).json);
  const [message] = value;
  if (!message || value.length > 1) throw new Error(`${value.length} messages instead of one`);
  return message;
}

it('every queue of the product is looked at', async () => {
  expect(new Set<string>(queues)).toEqual(new Set((await loadQueues()).map(({ name }) => name)));
});

/** Names and bytes of the application properties of an encoded message. */
function propertiesOf(message: Buffer): unknown[] {
  const section = splitSections(message).find(({ code }) => code === SECTION.applicationProperties);
  const items = section ? itemsOf(section.value) : [];
  return items.flatMap((key, n) => (n % 2 === 0 ? [[textOf(key), items[n + 1]?.toString('hex')]] : []));
}

describe('the list of dead letters', () => {
  it('shows who a message is, why it stands there and what it says', async () => {
    const commandId = randomUUID();
    const sender = rig.namespace.client.createSender('esprit-commands');
    await sender.sendMessages({
      body: { commandId, note: 'ä' },
      messageId: 'one',
      contentType: 'application/json',
    });
    await rig.bury('esprit-commands', 1);
    const { json } = await rig.get('dead-letters');
    expect(json['value']).toEqual([
      {
        queue: 'esprit-commands',
        sequenceNumber: expect.stringMatching(/^\d+$/),
        messageId: 'one',
        enqueuedAt: expect.stringMatching(/Z$/),
        reason: 'Unreadable',
        description: 'it says nothing',
        sourceQueue: 'esprit-commands',
        deliveryCount: 1,
        commandId,
        contentType: 'application/json',
        bodyFormat: 'json',
        bodyBytes: expect.any(Number),
        bodyTruncated: false,
        body: { commandId, note: 'ä' },
      },
    ]);
  });

  it('shows text, bytes and AMQP values as what they are, and a long body in part', async () => {
    const sender = rig.namespace.client.createSender('exports');
    await sender.sendMessages([
      { body: bytes('no JSON') },
      { body: Buffer.from([0xff, 0xfe]) },
      { body: [1, 'two'], bodyType: 'value' },
      { body: bytes('ü'.repeat(6_000)) },
    ]);
    await rig.bury('exports', 4);
    const { json } = await rig.get('dead-letters?queue=exports');
    expect(json['value']).toMatchObject([
      { bodyFormat: 'text', body: 'no JSON', bodyTruncated: false },
      { bodyFormat: 'base64', body: '//4=' },
      { bodyFormat: 'amqp', body: [1, 'two'] },
      { bodyFormat: 'text', body: 'ü'.repeat(4_096), bodyBytes: 12_000, bodyTruncated: true },
    ]);
    const last = shown(json)[3];
    const alone = await rig.get(`dead-letters/exports/${last?.sequenceNumber}`);
    expect(alone.json).toMatchObject({ body: 'ü'.repeat(6_000), bodyTruncated: false });
  });

  it('goes on page by page over all queues, and misses none', async () => {
    const { client } = rig.namespace;
    await client.createSender('esprit-results').sendMessages([1, 2, 3].map((body) => ({ body })));
    await rig.bury('esprit-results', 3);
    await client
      .createSender('esprit-rejected')
      .sendMessages(
        [4, 5].map((body) => ({ body, applicationProperties: { SourceQueue: 'esprit-commands' } })),
      );
    await client.createSender('exports').sendMessages({ body: 6 });
    await rig.bury('exports', 1);
    const bodies: unknown[] = [];
    for (let path: string | undefined = 'dead-letters?top=2'; path;) {
      const { json } = await rig.get(path);
      bodies.push(...shown(json).map(({ body }) => body));
      path = (json['nextLink'] as string | undefined)?.split('/api/')[1];
    }
    expect(bodies).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is for operators', async () => {
    expect((await rig.get('dead-letters', 'engineer')).status).toBe(403);
  });
});

describe('resubmitting', () => {
  it('puts a message back with everything it had, also AMQP types that JavaScript does not tell apart', async () => {
    const { types } = rhea;
    const properties = {
      int: types.wrap_int(3),
      long: types.wrap_long(5),
      ticks: types.wrap_long(Buffer.from('08dd2b0a1b2c3d4e', 'hex')),
      double: types.wrap_double(5),
      at: new Date('2026-01-02T03:04:05.678Z'),
      uuid: types.wrap_uuid(Buffer.alloc(16, 7)),
      flag: true,
      none: null,
      'Diagnostic-Id': '00-abc',
    };
    await rig.sendRaw('esprit-commands', {
      durable: true,
      priority: 7,
      ttl: 3_600_000,
      message_id: 'original',
      correlation_id: 'c',
      content_type: 'application/json',
      subject: 'subject',
      reply_to: 'replies',
      to: 'to',
      group_id: 'session',
      message_annotations: { 'x-opt-partition-key': 'session', 'x-own': types.wrap_int(3) },
      application_properties: properties,
      body: rhea.message.data_section(Buffer.from([0, 1, 255])),
    } as never);
    await rig.bury('esprit-commands', 1);
    const { sequenceNumber } = await only('esprit-commands');
    const { status, json } = await rig.post(`dead-letters/esprit-commands/${sequenceNumber}/resubmit`);
    expect([status, json]).toEqual([
      200,
      {
        queue: 'esprit-commands',
        sequenceNumber,
        resubmittedTo: 'esprit-commands',
        messageId: `original~${sequenceNumber}`,
      },
    ]);
    const receiver = rig.namespace.client.createReceiver('esprit-commands', { skipParsingBodyAsJson: true });
    const back = await receiveOne(receiver);
    expect(back).toMatchObject({
      messageId: `original~${sequenceNumber}`,
      body: Buffer.from([0, 1, 255]),
      correlationId: 'c',
      contentType: 'application/json',
      subject: 'subject',
      replyTo: 'replies',
      to: 'to',
      sessionId: 'session',
      partitionKey: 'session',
      timeToLive: 3_600_000,
      deliveryCount: 0,
    });
    expect([back.deadLetterReason, back.deadLetterSource]).toEqual([undefined, undefined]);
    await receiver.abandonMessage(back);
    const [raw] = await RawConnection.use(rig.namespace, async (connection) =>
      (await connection.receiver('esprit-commands')).receive(1, 1_000),
    );
    expect(propertiesOf(raw?.message ?? Buffer.alloc(0))).toEqual([
      ...propertiesOf(rhea.message.encode({ application_properties: properties } as never)),
      ['OriginalMessageId', encodeText('original').toString('hex')],
    ]);
    expect(await peekBodies(rig.namespace, 'esprit-commands/$DeadLetterQueue')).toEqual([]);
  });

  it('goes through a duplicate window that knows the message already', async () => {
    const { client } = rig.namespace;
    await client.createSender('esprit-commands').sendMessages({ body: 'x', messageId: 'seen' });
    await rig.bury('esprit-commands', 1);
    const { sequenceNumber } = await only('esprit-commands');
    await rig.post(`dead-letters/esprit-commands/${sequenceNumber}/resubmit`);
    expect(await peekBodies(rig.namespace, 'esprit-commands')).toEqual(['x']);
  });

  it('a second time keeps the first id, and gives an id of its own', async () => {
    await rig.namespace.client.createSender('exports').sendMessages({ body: 'x', messageId: 'first' });
    await rig.bury('exports', 1);
    const once = await only('exports');
    await rig.post(`dead-letters/exports/${once.sequenceNumber}/resubmit`);
    await rig.bury('exports', 1);
    const twice = await only('exports');
    const { json } = await rig.post(`dead-letters/exports/${twice.sequenceNumber}/resubmit`);
    expect(json['messageId']).toBe(`first~${twice.sequenceNumber}`);
    const back = await receiveOne(rig.namespace.client.createReceiver('exports'));
    expect(back.applicationProperties).toEqual({ OriginalMessageId: 'first' });
  });

  it('sends what was rejected back to where it came from, without the notes of the rejection', async () => {
    await rig.namespace.client.createSender('esprit-rejected').sendMessages({
      body: bytes('{"half":'),
      messageId: 'm',
      applicationProperties: {
        DeadLetterReason: 'invalid-message',
        DeadLetterErrorDescription: 'commandId: missing',
        SourceQueue: 'esprit-commands',
        own: 'kept',
      },
    });
    const { sequenceNumber } = await only('esprit-rejected');
    const { status } = await rig.post(`dead-letters/esprit-rejected/${sequenceNumber}/resubmit`);
    expect(status).toBe(200);
    const receiver = rig.namespace.client.createReceiver('esprit-commands', { skipParsingBodyAsJson: true });
    const back = await receiveOne(receiver);
    expect(back).toMatchObject({ messageId: `m~r${sequenceNumber}`, body: bytes('{"half":') });
    expect(back.applicationProperties).toEqual({ own: 'kept', OriginalMessageId: 'm' });
    expect(await peekBodies(rig.namespace, 'esprit-rejected')).toEqual([]);
  });

  it('refuses what names no queue of the product to go back to, and leaves it', async () => {
    await rig.namespace.client
      .createSender('esprit-rejected')
      .sendMessages({ body: 'x', applicationProperties: { SourceQueue: 'elsewhere' } });
    const { sequenceNumber } = await only('esprit-rejected');
    const { status, json } = await rig.post(`dead-letters/esprit-rejected/${sequenceNumber}/resubmit`);
    expect([status, json['code']]).toEqual([409, 'dead-letter-source-unknown']);
    expect(await peekBodies(rig.namespace, 'esprit-rejected')).toEqual(['x']);
  });

  it('finds one among 1,000 and leaves the others receivable', async () => {
    const sender = rig.namespace.client.createSender('esprit-results');
    for (let at = 0; at < 1_000; at += 500)
      await sender.sendMessages(Array.from({ length: 500 }, (_, n) => ({ body: at + n })));
    await rig.bury('esprit-results', 1_000);
    const [message] = await rig.namespace.client
      .createReceiver('esprit-results', { subQueueType: 'deadLetter' })
      .peekMessages(1, { fromSequenceNumber: (await numberOf(700)) as never });
    const { status } = await rig.post(
      `dead-letters/esprit-results/${String(message?.sequenceNumber)}/resubmit`,
    );
    expect(status).toBe(200);
    expect(await peekBodies(rig.namespace, 'esprit-results')).toEqual([700]);
    const others = rig.namespace.client.createReceiver('esprit-results', { subQueueType: 'deadLetter' });
    expect((await receive(others, 999)).map(({ body }) => body as number)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n).filter((n) => n !== 700),
    );
  });

  async function numberOf(wanted: number): Promise<unknown> {
    const receiver = rig.namespace.client.createReceiver('esprit-results', { subQueueType: 'deadLetter' });
    for (;;) {
      const messages = await receiver.peekMessages(250);
      const found = messages.find(({ body }) => body === wanted);
      if (found) return found.sequenceNumber;
      if (messages.length === 0) throw new Error(`no message ${wanted}`);
    }
  }

  it('is done once when two operators ask at once', async () => {
    await rig.namespace.client.createSender('exports').sendMessages([{ body: 1 }, { body: 2 }]);
    await rig.bury('exports', 2);
    const [, second] = shown((await rig.get('dead-letters?queue=exports')).json);
    const path = `dead-letters/exports/${second?.sequenceNumber}/resubmit`;
    const replies = await Promise.all([rig.post(path), rig.post(path)]);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 404]));
    expect(await peekBodies(rig.namespace, 'exports')).toEqual([2]);
  });

  it('says when somebody else holds the message, and when it is gone', async () => {
    await rig.namespace.client.createSender('exports').sendMessages({ body: 1 });
    await rig.bury('exports', 1);
    const { sequenceNumber } = await only('exports');
    const other = rig.namespace.client.createReceiver('exports', { subQueueType: 'deadLetter' });
    const held = await receiveOne(other);
    const path = `dead-letters/exports/${sequenceNumber}/resubmit`;
    expect((await rig.post(path)).json).toMatchObject({ status: 409, code: 'message-locked' });
    await other.completeMessage(held);
    expect((await rig.post(path)).json).toMatchObject({ status: 404, code: 'dead-letter-not-found' });
    expect((await rig.get(`dead-letters/exports/${sequenceNumber}`)).status).toBe(404);
  });

  it('gives the message back when the journal cannot be written', async () => {
    await rig.namespace.client.createSender('exports').sendMessages({ body: 1, messageId: 'm' });
    await rig.bury('exports', 1);
    const { sequenceNumber } = await only('exports');
    await withoutTable(rig.connection, 'OperatorAction', async () => {
      const { status } = await rig.post(`dead-letters/exports/${sequenceNumber}/resubmit`);
      expect(status).toBeGreaterThanOrEqual(500);
    });
    const dead = rig.namespace.client.createReceiver('exports', { subQueueType: 'deadLetter' });
    expect((await receiveOne(dead)).messageId).toBe('m');
  });
});

describe('the journal', () => {
  it('keeps who resubmitted what, why, before and after', async () => {
    const commandId = randomUUID();
    await rig.namespace.client
      .createSender('esprit-commands')
      .sendMessages({ body: { commandId }, messageId: 'm' });
    await rig.bury('esprit-commands', 1);
    const { sequenceNumber } = await only('esprit-commands');
    await rig.post(`dead-letters/esprit-commands/${sequenceNumber}/resubmit`, 'the routing is there now');
    const [entry] = await rig.database.read.selectFrom('OperatorAction').selectAll().execute();
    expect(entry).toMatchObject({
      action: 'MessageResubmitted',
      subject: `esprit-commands/$DeadLetterQueue ${sequenceNumber}`,
      commandId,
      reason: 'the routing is there now',
      actedBy: 'operator',
    });
    expect(JSON.parse(entry?.previousValue ?? '')).toMatchObject({
      queue: 'esprit-commands/$DeadLetterQueue',
      messageId: 'm',
      reason: 'Unreadable',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.parse(entry?.currentValue ?? '')).toEqual({
      queue: 'esprit-commands',
      messageId: `m~${sequenceNumber}`,
    });
  });

  it('keeps identity and digest of what was discarded', async () => {
    await rig.namespace.client.createSender('exports').sendMessages({ body: 'rubbish', messageId: 'm' });
    await rig.bury('exports', 1);
    const { sequenceNumber } = await only('exports');
    const { status, json } = await rig.post(
      `dead-letters/exports/${sequenceNumber}/discard`,
      'a test of the producer',
    );
    expect([status, json['resubmittedTo']]).toEqual([200, null]);
    expect(await peekBodies(rig.namespace, 'exports/$DeadLetterQueue')).toEqual([]);
    expect(await peekBodies(rig.namespace, 'exports')).toEqual([]);
    const [entry] = await rig.database.read.selectFrom('OperatorAction').selectAll().execute();
    expect(entry).toMatchObject({
      action: 'MessageDiscarded',
      reason: 'a test of the producer',
      currentValue: null,
    });
    expect(JSON.parse(entry?.previousValue ?? '')).toMatchObject({
      messageId: 'm',
      sizeBytes: expect.any(Number),
    });
  });
});
