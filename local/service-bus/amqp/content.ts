import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import type { Typed } from 'rhea';
import type { DeadLetterCause, NewMessage, PropertyChanges } from '../queue/types.ts';
import { encodeValue } from './rhea-internals.ts';
import { MalformedMessageError, SECTION, dataOf, entriesOf, mapSection, splitSections } from './sections.ts';
import type { Section } from './sections.ts';

/** What the store keeps of a message, encoded as it came: the sender's annotations, and everything after them. */
export interface MessageContent {
  readonly annotations: Uint8Array;
  readonly body: Uint8Array;
}

/** Message format of several messages in one transfer: the data sections of the envelope are encoded messages. */
export const BATCH_FORMAT = 0x80013700;

const SCHEDULED_FOR = 'x-opt-scheduled-enqueue-time';

/** Reads what a sender transferred: one message, or the messages of a batch. Throws MalformedMessageError. */
export function readTransfer(payload: Buffer, format: number): NewMessage<MessageContent>[] {
  if (format === 0) return [readMessage(payload)];
  if (format !== BATCH_FORMAT) throw new MalformedMessageError(`unknown message format ${format}`);
  return splitSections(payload)
    .filter((section) => section.code === SECTION.data)
    .map((section) => readMessage(dataOf(section)));
}

/** Reads one encoded message as far as a queue needs to know it. Throws MalformedMessageError. */
export function readMessage(encoded: Buffer): NewMessage<MessageContent> {
  const sections = splitSections(encoded);
  const pick = (...codes: number[]): Buffer =>
    join(sections.filter((section) => codes.includes(section.code)));
  const annotations = pick(SECTION.messageAnnotations);
  const known = decode(pick(SECTION.header, SECTION.properties));
  const messageId = keyOfMessageId(known['message_id']);
  const properties = messageId === undefined ? propertiesWithNewId(known) : pick(SECTION.properties);
  return {
    messageId,
    timeToLiveMs: typeof known['ttl'] === 'number' ? known['ttl'] : undefined,
    scheduledForMs: timeOf(asRecord(decode(annotations)['message_annotations'])[SCHEDULED_FOR]),
    content: {
      annotations,
      body: Buffer.concat([
        properties,
        join(sections.filter((section) => section.code > SECTION.properties)),
      ]),
    },
  };
}

/** Service Bus gives a message an id when its sender did not; the SDK cannot settle one without. */
function propertiesWithNewId(known: Record<string, unknown>): Buffer {
  const encoded = rhea.message.encode({ ...known, message_id: randomUUID().replaceAll('-', '') });
  return join(splitSections(encoded).filter((section) => section.code === SECTION.properties));
}

/** Facts that the broker adds to a message when it hands it out. Times are milliseconds since 1970. */
export interface DeliveryFacts {
  readonly sequence: number;
  readonly enqueuedAtMs: number;
  readonly deliveryCount: number;
  readonly timeToLiveMs: number | undefined;
  readonly lockedUntilMs: number | undefined;
  readonly deadLetterSource: string | undefined;
  /** Set while the message waits for its time; only a peek shows such a message. */
  readonly scheduledForMs: number | undefined;
}

/** The message as a receiver gets it. */
export function writeMessage(content: MessageContent, facts: DeliveryFacts): Buffer {
  const { types } = rhea;
  const header = types.wrap_list([
    true,
    null,
    facts.timeToLiveMs === undefined ? null : types.wrap_uint(Math.min(facts.timeToLiveMs, 0xffffffff)),
    null,
    types.wrap_uint(facts.deliveryCount),
  ]);
  const annotations: Record<string, unknown> = {
    ...asRecord(decode(content.annotations)['message_annotations']),
    'x-opt-sequence-number': types.wrap_long(facts.sequence),
    'x-opt-enqueued-time': types.wrap_timestamp(facts.enqueuedAtMs),
  };
  if (facts.lockedUntilMs !== undefined)
    annotations['x-opt-locked-until'] = types.wrap_timestamp(facts.lockedUntilMs);
  if (facts.deadLetterSource !== undefined) annotations['x-opt-deadletter-source'] = facts.deadLetterSource;
  if (facts.scheduledForMs !== undefined) annotations['x-opt-message-state'] = types.wrap_int(2);
  return Buffer.concat([
    describe(SECTION.header, header),
    describe(SECTION.messageAnnotations, types.wrap_symbolic_map(annotations)),
    content.body,
  ]);
}

/** The content with application properties added or replaced; everything else stays as it was, byte for byte. */
export function withProperties(content: MessageContent, changes: PropertyChanges): MessageContent {
  const sections = splitSections(Buffer.from(content.body));
  const current = sections.find((section) => section.code === SECTION.applicationProperties);
  const kept = current ? entriesOf(current).filter(({ key }) => !(key in changes)) : [];
  const added = Object.entries(changes).map(([key, value]) =>
    Buffer.concat([encodeValue(rhea.types.wrap_string(key)), encodeValue(rhea.types.wrap(value))]),
  );
  const rewritten = mapSection(SECTION.applicationProperties, [...kept.map(({ bytes }) => bytes), ...added]);
  const before = sections.filter((section) => section.code < SECTION.applicationProperties);
  const after = sections.filter((section) => section.code > SECTION.applicationProperties);
  return { annotations: content.annotations, body: Buffer.concat([join(before), rewritten, join(after)]) };
}

/** A dead-lettered message tells why in its application properties. */
export function deadLetterProperties(cause: DeadLetterCause): PropertyChanges {
  return {
    ...cause.properties,
    ...(cause.reason !== undefined && { DeadLetterReason: cause.reason }),
    ...(cause.description !== undefined && { DeadLetterErrorDescription: cause.description }),
  };
}

/** `value` when it is a map, else an empty one: what comes off the wire has any type. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function join(sections: readonly Section[]): Buffer {
  return sections.length === 1 && sections[0]
    ? sections[0].bytes
    : Buffer.concat(sections.map((section) => section.bytes));
}

function decode(encoded: Uint8Array): Record<string, unknown> {
  if (encoded.length === 0) return {};
  try {
    return rhea.message.decode(Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length));
  } catch (error) {
    throw new MalformedMessageError('a section cannot be decoded', { cause: error });
  }
}

function describe(code: number, value: Typed): Buffer {
  return encodeValue(rhea.types.described(rhea.types.wrap_ulong(code), value));
}

function keyOfMessageId(id: unknown): string | undefined {
  if (Buffer.isBuffer(id)) return `binary:${id.toString('hex')}`;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

function timeOf(value: unknown): number | undefined {
  return value instanceof Date ? value.getTime() : typeof value === 'number' ? value : undefined;
}
