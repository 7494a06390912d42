/** Descriptor codes of the sections of an AMQP message, in their order (AMQP 1.0, part 3, 3.2). */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

/** One section of an encoded message: `bytes` is all of it, `valueAt` where its value's constructor stands in `bytes`. */
export interface Section {
  readonly code: number;
  readonly bytes: Buffer;
  readonly valueAt: number;
}

/** Bytes that are no AMQP message. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

/**
 * Splits an encoded message without decoding it, so that what a sender wrote reaches the receiver byte for byte.
 * Throws {@link MalformedMessageError}.
 */
export function splitSections(message: Buffer): Section[] {
  const sections: Section[] = [];
  for (let at = 0; at < message.length;) {
    const { code, valueAt } = readDescriptor(message, at);
    const end = endOfValue(message, valueAt);
    sections.push({ code, bytes: message.subarray(at, end), valueAt: valueAt - at });
    at = end;
  }
  return sections;
}

/** The payload of a data section. */
export function dataOf(section: Section): Buffer {
  const { bytes, valueAt } = section;
  if (bytes[valueAt] === 0xa0) return bytes.subarray(valueAt + 2);
  if (bytes[valueAt] === 0xb0) return bytes.subarray(valueAt + 5);
  throw new MalformedMessageError('a data section holds something other than binary');
}

/** The entries of a section that is a map with texts for keys, each in its bytes. */
export function entriesOf({ bytes, valueAt }: Section): { readonly key: string; readonly bytes: Buffer }[] {
  const constructor = bytes[valueAt];
  if (constructor !== 0xc1 && constructor !== 0xd1) throw new MalformedMessageError('a section is no map');
  const entries: { key: string; bytes: Buffer }[] = [];
  for (let at = valueAt + (constructor === 0xc1 ? 3 : 9); at < bytes.length;) {
    const keyEnd = endOfValue(bytes, at);
    const end = endOfValue(bytes, keyEnd);
    const textAt = at + ((bytes[at] ?? 0) < 0xb0 ? 2 : 5);
    entries.push({ key: bytes.toString('utf8', textAt, keyEnd), bytes: bytes.subarray(at, end) });
    at = end;
  }
  return entries;
}

/** A section that is a map of encoded entries. */
export function mapSection(code: number, entries: readonly Buffer[]): Buffer {
  const head = Buffer.from([0x00, 0x53, code, 0xd1, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(4 + entries.reduce((sum, entry) => sum + entry.length, 0), 4);
  head.writeUInt32BE(2 * entries.length, 8);
  return Buffer.concat([head, ...entries]);
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
  if (code === undefined) throw new MalformedMessageError('a section is cut short');
  if (code === 0x00) return endOfValue(message, endOfValue(message, at + 1));
  const end = at + 1 + widthOf(message, code, at + 1);
  if (end > message.length) throw new MalformedMessageError('a section is cut short');
  return end;
}

function widthOf(message: Buffer, code: number, sizeAt: number): number {
  const category = code >>> 4;
  if (category >= 0x4 && category <= 0x9) return category === 0x4 ? 0 : 2 ** (category - 0x5);
  if (category < 0xa) throw new MalformedMessageError(`unknown type code 0x${code.toString(16)}`);
  const isShort = category % 2 === 0;
  if (message.length < sizeAt + (isShort ? 1 : 4)) throw new MalformedMessageError('a section is cut short');
  return isShort ? 1 + message.readUInt8(sizeAt) : 4 + message.readUInt32BE(sizeAt);
}
