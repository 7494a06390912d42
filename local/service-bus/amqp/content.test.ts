import { describe, expect, it } from '@jest/globals';
import rhea from 'rhea';
import { readMessage, readTransfer, withProperties, writeMessage } from './content.ts';
import { MalformedMessageError, SECTION, dataOf, splitSections } from './sections.ts';

function encode(message: Record<string, unknown>): Buffer {
  return rhea.message.encode(message);
}

describe('splitting a message', () => {
  it('finds every section and loses no byte', () => {
    const encoded = encode({
      durable: true,
      message_annotations: { 'x-opt-a': 1 },
      message_id: 'id',
      application_properties: { long: 'x'.repeat(400), at: new Date(0) },
      body: rhea.message.data_sections([Buffer.from('a'), Buffer.alloc(300, 1)]),
      footer: { f: [1, 'two', null] },
    });
    const sections = splitSections(encoded);
    expect(sections.map((section) => section.code)).toEqual([0x70, 0x72, 0x73, 0x74, 0x78, 0x75, 0x75]);
    expect(Buffer.concat(sections.map((section) => section.bytes))).toEqual(encoded);
    const data = sections.filter((section) => section.code === SECTION.data).map(dataOf);
    expect(data.map((payload) => payload.length)).toEqual([1, 300]);
  });

  it.each([
    ['rubbish', Buffer.from('rubbish')],
    ['a lone descriptor', Buffer.from([0x00, 0x53, 0x75])],
    ['a section cut short', encode({ body: rhea.message.data_section(Buffer.alloc(50)) }).subarray(0, -1)],
    ['an unknown type', Buffer.from([0x00, 0x53, 0x75, 0x31])],
    ['a size without its bytes', Buffer.from([0x00, 0x53, 0x75, 0xb0, 0xff])],
  ])('refuses %s', (_what, bytes) => expect(() => splitSections(bytes)).toThrow(MalformedMessageError));

  it('refuses data that is no binary', () => {
    const batch = Buffer.from([0x00, 0x53, 0x75, 0x41]);
    expect(() => readTransfer(batch, 0x80013700)).toThrow('something other than binary');
  });

  it('refuses a header that cannot be decoded', () => {
    expect(() => readMessage(Buffer.from([0x00, 0x53, 0x70, 0xc0, 0x02, 0x01, 0x3f]))).toThrow(
      MalformedMessageError,
    );
  });

  it('refuses an unknown message format', () => {
    expect(() => readTransfer(Buffer.alloc(0), 7)).toThrow('unknown message format 7');
  });
});

describe('a message in the store', () => {
  const facts = {
    sequence: 5,
    enqueuedAtMs: 1_000,
    deliveryCount: 2,
    timeToLiveMs: 60_000,
    lockedUntilMs: 2_000,
    deadLetterSource: undefined,
    scheduledForMs: undefined,
  };

  it('keeps AMQP types that JavaScript cannot tell apart', () => {
    const long = rhea.types.wrap_map({ n: rhea.types.wrap_long(5) });
    const encoded = encode({ message_id: 'id', body: long });
    const { content } = readMessage(encoded);
    const value = splitSections(encoded).at(-1)?.bytes ?? Buffer.alloc(0);
    expect(writeMessage(content, facts).subarray(-value.length)).toEqual(value);
  });

  it('gets the broker’s facts next to the sender’s annotations', () => {
    const { content } = readMessage(
      encode({ message_id: 'id', message_annotations: { 'x-opt-own': 'o' }, body: 1 }),
    );
    const written = rhea.message.decode(writeMessage(content, facts));
    expect(written).toMatchObject({ delivery_count: 2, ttl: 60_000, message_id: 'id', body: 1 });
    expect(written['message_annotations']).toEqual({
      'x-opt-own': 'o',
      'x-opt-sequence-number': 5,
      'x-opt-enqueued-time': new Date(1_000),
      'x-opt-locked-until': new Date(2_000),
    });
  });

  it('takes further application properties and stays the same otherwise', () => {
    const { content } = readMessage(
      encode({
        message_id: 'id',
        application_properties: { own: 1 },
        body: rhea.message.data_section(Buffer.from('x')),
      }),
    );
    const written = rhea.message.decode(writeMessage(withProperties(content, { why: 'y' }), facts));
    expect(written).toMatchObject({ message_id: 'id', application_properties: { own: 1, why: 'y' } });
  });

  it('tells id, time to live and schedule', () => {
    const at = new Date(5_000);
    expect(
      readMessage(
        encode({ message_id: 'id', ttl: 7, message_annotations: { 'x-opt-scheduled-enqueue-time': at } }),
      ),
    ).toMatchObject({ messageId: 'id', timeToLiveMs: 7, scheduledForMs: 5_000 });
  });
});
