/** Descriptor codes of the sections of an AMQP message, in their order (AMQP 1.0, part 3, 3.2). */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
} as const;

/** One section of an encoded message: `bytes` is all of it, `value` its value with the constructor. */
export interface Section {
  readonly code: number;
  readonly bytes: Buffer;
  readonly value: Buffer;
}

/** Bytes that are no AMQP message. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/** Splits an encoded message without decoding it. @throws {MalformedMessageError} */
export function splitSections(message: Buffer): Section[] {
  const sections: Section[] = [];
  for (let at = 0; at < message.length;) {
    const { code, valueAt } = readDescriptor(message, at);
    const end = endOfValue(message, valueAt);
    sections.push({ code, bytes: message.subarray(at, end), value: message.subarray(valueAt, end) });
    at = end;
  }
  return sections;
}

/** The encoded items of a list, or of a map as key, value, key, value. @throws {MalformedMessageError} when it is neither */
export function itemsOf(value: Buffer): Buffer[] {
  const code = value[0];
  if (code === 0x45) return [];
  const isShort = code === 0xc0 || code === 0xc1;
  if (!isShort && code !== 0xd0 && code !== 0xd1) throw new MalformedMessageError('no list or map');
  const items: Buffer[] = [];
  for (let at = isShort ? 3 : 9; at < value.length;) {
    const end = endOfValue(value, at);
    items.push(value.subarray(at, end));
    at = end;
  }
  return items;
}

/** A section made of encoded items. */
export function sectionOf(code: number, kind: 'list' | 'map', items: readonly Buffer[]): Buffer {
  const content = Buffer.concat(items);
  const head = Buffer.alloc(12);
  head.set([0x00, 0x53, code, kind === 'list' ? 0xd0 : 0xd1]);
  head.writeUInt32BE(content.length + 4, 4);
  head.writeUInt32BE(items.length, 8);
  return Buffer.concat([head, content]);
}

/** The text of an encoded string or symbol; undefined for any other type. */
export function textOf(value: Buffer): string | undefined {
  const code = value[0];
  if (code === 0xa1 || code === 0xa3) return value.toString('utf8', 2);
  return code === 0xb1 || code === 0xb3 ? value.toString('utf8', 5) : undefined;
}

/** A long, as Service Bus writes sequence numbers; undefined for any other type. */
export function longOf(value: Buffer): bigint | undefined {
  if (value[0] === 0x81) return value.readBigInt64BE(1);
  return value[0] === 0x55 ? BigInt(value.readInt8(1)) : undefined;
}

export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(5);
  head.writeUInt8(0xb1, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function readDescriptor(message: Buffer, at: number): { code: number; valueAt: number } {
  if (message[at] === 0x00 && message[at + 1] === 0x53)
    return { code: message[at + 2] ?? 0, valueAt: at + 3 };
  if (message[at] === 0x00 && message[at + 1] === 0x80 && message.length >= at + 10)
    return { code: Number(message.readBigUInt64BE(at + 2)), valueAt: at + 10 };
  throw new MalformedMessageError(`no section descriptor at byte ${at}`);
}

/** Where the value ends whose constructor stands at `at`: the high half of a type code tells its width (part 1, 1.2). */
function endOfValue(message: Buffer, at: number): number {
  const code = message[at];
  if (code === undefined) throw new MalformedMessageError('a value is cut short');
  if (code === 0x00) return endOfValue(message, endOfValue(message, at + 1));
  const end = at + 1 + widthOf(message, code, at + 1);
  if (end > message.length) throw new MalformedMessageError('a value is cut short');
  return end;
}

function widthOf(message: Buffer, code: number, sizeAt: number): number {
  const category = code >>> 4;
  if (category >= 0x4 && category <= 0x9) return category === 0x4 ? 0 : 2 ** (category - 0x5);
  if (category < 0xa) throw new MalformedMessageError(`unknown type code 0x${code.toString(16)}`);
  const isShort = category % 2 === 0;
  if (message.length < sizeAt + (isShort ? 1 : 4)) throw new MalformedMessageError('a value is cut short');
  return isShort ? 1 + message.readUInt8(sizeAt) : 4 + message.readUInt32BE(sizeAt);
}
