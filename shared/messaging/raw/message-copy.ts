import {
  SECTION,
  type Section,
  encodeText,
  itemsOf,
  longOf,
  sectionOf,
  splitSections,
  textOf,
} from './sections.ts';

export interface CopyEdits {
  readonly messageId: string;
  /** Application properties that are left out of the copy. */
  readonly without: ReadonlySet<string>;
  /** Application properties that are added or replaced. */
  readonly adding: Readonly<Record<string, string>>;
}

/** Annotations that the broker wrote; a sender's own go on with the copy. */
const BROKER_ANNOTATIONS = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-enqueue-sequence-number',
  'x-opt-locked-until',
  'x-opt-deadletter-source',
  'x-opt-message-state',
  'x-opt-scheduled-enqueue-time',
  'x-opt-partition-id',
]);

/** Durable, priority and time to live: what a sender may say in the header. */
const HEADER_FIELDS_OF_SENDER = 3;
const MESSAGE_ID_FIELD = 0;

/**
 * A message to send again, made of one that was received. What is not named in `edits` stays byte for byte: body sections, footer,
 * every other property with its AMQP type (a JavaScript number could not tell int, uint, long and double apart).
 * @throws {MalformedMessageError}
 */
export function copyMessage(received: Buffer, edits: CopyEdits): Buffer {
  const sections = splitSections(received);
  const find = (code: number): Section | undefined => sections.find((section) => section.code === code);
  const header = find(SECTION.header);
  const annotations = find(SECTION.messageAnnotations);
  const properties = find(SECTION.properties);
  const application = find(SECTION.applicationProperties);
  return Buffer.concat([
    ...(header ? [senderHeader(header)] : []),
    ...(annotations ? [senderAnnotations(annotations)] : []),
    withMessageId(properties, edits.messageId),
    withProperties(application, edits),
    ...sections.filter(({ code }) => code > SECTION.applicationProperties).map(({ bytes }) => bytes),
  ]);
}

/** The broker's number of a received message. */
export function sequenceNumberOf(received: Buffer): bigint | undefined {
  const annotations = splitSections(received).find(({ code }) => code === SECTION.messageAnnotations);
  const pair = annotations && pairsOf(annotations).find(([key]) => textOf(key) === 'x-opt-sequence-number');
  return pair && longOf(pair[1]);
}

function senderHeader({ value }: Section): Buffer {
  return sectionOf(SECTION.header, 'list', itemsOf(value).slice(0, HEADER_FIELDS_OF_SENDER));
}

function senderAnnotations(section: Section): Buffer {
  const own = pairsOf(section).filter(([key]) => !BROKER_ANNOTATIONS.has(textOf(key) ?? ''));
  return sectionOf(SECTION.messageAnnotations, 'map', own.flat());
}

function withMessageId(section: Section | undefined, messageId: string): Buffer {
  const fields = section ? itemsOf(section.value) : [];
  fields[MESSAGE_ID_FIELD] = encodeText(messageId);
  return sectionOf(SECTION.properties, 'list', fields);
}

function withProperties(section: Section | undefined, { without, adding }: CopyEdits): Buffer {
  const kept = (section ? pairsOf(section) : []).filter(([key]) => {
    const name = textOf(key) ?? '';
    return !without.has(name) && !(name in adding);
  });
  const added = Object.entries(adding).flatMap(([name, value]) => [encodeText(name), encodeText(value)]);
  return sectionOf(SECTION.applicationProperties, 'map', [...kept.flat(), ...added]);
}

function pairsOf({ value }: Section): [key: Buffer, value: Buffer][] {
  const items = itemsOf(value);
  return Array.from({ length: items.length / 2 }, (_, index) => [
    items[2 * index] ?? Buffer.alloc(0),
    items[2 * index + 1] ?? Buffer.alloc(0),
  ]);
}
