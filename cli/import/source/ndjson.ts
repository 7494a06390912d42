import { createReadStream } from 'node:fs';
import { PIECE_BYTES, type Position, type RecordPieces, type SourceRecord, shownText } from './record.ts';

const LINE_FEED = 10;
/** More than the largest routing there can be (200 steps of full length). */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** One JSON object a line; empty lines are passed over. */
export async function* ndjsonRecords(path: string, from: Position): RecordPieces {
  const lines = new Lines(from);
  for await (const piece of createReadStream(path, { start: from.byteOffset, highWaterMark: PIECE_BYTES })) {
    yield lines.add(piece as Buffer);
  }
  yield lines.end();
}

class Lines {
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of a line too long to be kept, already passed. */
  #dropped = 0;
  #byteOffset: number;
  #records: number;
  #line: number;

  constructor(from: Position) {
    this.#byteOffset = from.byteOffset;
    this.#records = from.records;
    this.#line = from.line;
  }

  add(piece: Buffer): SourceRecord[] {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const records: SourceRecord[] = [];
    let start = 0;
    for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, start)) {
      this.#take(records, bytes.subarray(start, feed), 1);
      start = feed + 1;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > MAX_LINE_BYTES) {
      this.#dropped += this.#rest.length;
      this.#rest = Buffer.alloc(0);
    }
    return records;
  }

  /** What follows the last line feed. */
  end(): SourceRecord[] {
    const records: SourceRecord[] = [];
    this.#take(records, this.#rest, 0);
    return records;
  }

  #take(records: SourceRecord[], bytes: Buffer, feedBytes: number): void {
    this.#byteOffset += this.#dropped + bytes.length + feedBytes;
    const tooLong = this.#dropped > 0 || bytes.length > MAX_LINE_BYTES;
    this.#dropped = 0;
    const text = bytes.toString('utf8').trim();
    if (text !== '' || tooLong) {
      this.#records += 1;
      const place = { number: this.#records, line: this.#line, endOffset: this.#byteOffset };
      records.push({ ...place, ...(tooLong ? unreadable('is longer than 4 MiB', text) : parsed(text)) });
    }
    this.#line += feedBytes;
  }
}

function parsed(text: string): Pick<SourceRecord, 'fields' | 'unreadable'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return unreadable(`is not JSON: ${error instanceof Error ? error.message : String(error)}`, text);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return unreadable('must be a JSON object', text);
  }
  return { fields: withoutEmpty(value as Record<string, unknown>) };
}

function unreadable(reason: string, text: string): Pick<SourceRecord, 'fields' | 'unreadable'> {
  return { fields: undefined, unreadable: { reason, text: shownText(text) } };
}

/** An empty text and null say the same as a field that is left out, as in CSV. */
function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(fields)) {
    if (fields[name] === null || fields[name] === '') delete fields[name];
  }
  return fields;
}
