import { describe, expect, it } from '@jest/globals';
import rhea from 'rhea';
import { copyMessage, sequenceNumberOf } from './message-copy.ts';
import { MalformedMessageError, SECTION, itemsOf, splitSections, textOf } from './sections.ts';

const { types } = rhea;
const encode = (message: Record<string, unknown>): Buffer => rhea.message.encode(message as never);
const edits = (changes: Partial<Parameters<typeof copyMessage>[1]> = {}) => ({
  messageId: 'new',
  without: new Set<string>(),
  adding: {},
  ...changes,
});

/** The application properties of an encoded message, each value in its bytes. */
function propertiesOf(message: Buffer): Record<string, string> {
  const section = splitSections(message).find(({ code }) => code === SECTION.applicationProperties);
  const items = section ? itemsOf(section.value) : [];
  const pairs = Array.from({ length: items.length / 2 }, (_, n) => [
    textOf(items[2 * n] ?? Buffer.alloc(0)),
    items[2 * n + 1]?.toString('hex'),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

describe('a copy of a message', () => {
  it('keeps every type of its application properties, drops and adds what it is told', () => {
    const received = encode({
      application_properties: {
        int: types.wrap_int(3),
        long: types.wrap_long(3),
        double: types.wrap_double(3),
        symbol: types.wrap_symbol('s'),
        reason: 'out',
        again: 'old',
      },
    });
    const copy = copyMessage(received, edits({ without: new Set(['reason']), adding: { again: 'new' } }));
    const { reason: _reason, again: _again, ...kept } = propertiesOf(received);
    const { again, ...copied } = propertiesOf(copy);
    expect(copied).toEqual(kept);
    expect(new Set(Object.values(copied)).size).toBe(4);
    expect(again).toBe('b1000000036e6577');
  });

  it('has the new id, the other properties, body and footer as they were', () => {
    const received = encode({
      message_id: types.wrap_uuid(Buffer.alloc(16, 1)),
      correlation_id: types.wrap_ulong(7),
      creation_time: new Date(5),
      group_sequence: 4,
      body: rhea.message.data_sections([Buffer.from('a'), Buffer.alloc(300, 2)]),
      footer: { f: [1, 'two', null] },
    });
    const copy = copyMessage(received, edits());
    const tail = (message: Buffer): Buffer[] =>
      splitSections(message)
        .filter(({ code }) => code > SECTION.applicationProperties)
        .map(({ bytes }) => bytes);
    expect(tail(copy)).toEqual(tail(received));
    const fields = (message: Buffer): Buffer[] =>
      itemsOf(
        splitSections(message).find(({ code }) => code === SECTION.properties)?.value ?? Buffer.alloc(0),
      );
    expect(fields(copy).slice(1)).toEqual(fields(received).slice(1));
    expect(rhea.message.decode(copy)['message_id']).toBe('new');
  });

  it('drops what the broker noted, and keeps what its sender said in header and annotations', () => {
    const received = encode({
      durable: true,
      priority: 7,
      ttl: 1_000,
      delivery_count: 9,
      delivery_annotations: { 'x-opt-of-the-link': 1 },
      message_annotations: { 'x-opt-sequence-number': types.wrap_long(42), 'x-opt-partition-key': 'p' },
    });
    const copy = rhea.message.decode(copyMessage(received, edits()));
    expect(copy).toMatchObject({ durable: true, priority: 7, ttl: 1_000 });
    expect([copy['delivery_count'], copy['delivery_annotations']]).toEqual([undefined, undefined]);
    expect(copy['message_annotations']).toEqual({ 'x-opt-partition-key': 'p' });
    expect(sequenceNumberOf(received)).toBe(42n);
  });

  it('is made of a message that has nothing but a body', () => {
    const copy = rhea.message.decode(copyMessage(encode({ body: 'x' }), edits({ adding: { a: 'b' } })));
    expect(copy).toMatchObject({ message_id: 'new', application_properties: { a: 'b' }, body: 'x' });
  });

  it('keeps a sequence number that no JavaScript number holds', () => {
    const number = Buffer.from('7ffffffffffffffe', 'hex');
    const received = encode({ message_annotations: { 'x-opt-sequence-number': types.wrap_long(number) } });
    expect(sequenceNumberOf(received)).toBe(0x7ffffffffffffffen);
  });

  it.each([
    ['rubbish', Buffer.from('rubbish')],
    ['a section cut short', encode({ body: rhea.message.data_section(Buffer.alloc(50)) }).subarray(0, -1)],
    ['properties that are no list', Buffer.from([0x00, 0x53, 0x73, 0x41])],
  ])('cannot be made of %s', (_what, received) =>
    expect(() => copyMessage(received, edits())).toThrow(MalformedMessageError),
  );
});
