import { type FileHandle, open } from 'node:fs/promises';
import type { CsvHeader } from './csv-header.ts';
import { type CsvRow, type WrongQuotes, parseRows } from './csv-rows.ts';
import { type Column, type Position, type RecordPieces, type SourceRecord, shownText } from './record.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const READ_BYTES = 16 * 1024;

/** By the parser's codes. Its own messages tell line numbers that count from where it began. */
const REASONS: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'has wrong quotes: one in a field that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE:
    'has wrong quotes: text after a closing one; a quote within quotes is written twice',
  CSV_QUOTE_NOT_CLOSED: 'has wrong quotes: one is never closed',
  CSV_MAX_RECORD_SIZE: 'has wrong quotes, or is longer than 256 KiB',
};

/**
 * The records of a CSV file (RFC 4180). Where quotes are wrong nobody can tell where the record ends: its first line alone counts
 * as a record that cannot be read, and reading goes on with the next line.
 */
export async function* csvRecords(
  path: string,
  { columns, delimiter }: Pick<CsvHeader, 'columns' | 'delimiter'>,
  from: Position,
): RecordPieces {
  let { byteOffset, records, line } = from;
  for (;;) {
    const rows = parseRows(path, { byteOffset, line }, delimiter);
    let stop: WrongQuotes | undefined;
    try {
      for (;;) {
        const next = await rows.next();
        if (next.done) {
          stop = next.value;
          break;
        }
        const before = records;
        records += next.value.length;
        byteOffset = next.value.at(-1)?.endOffset ?? byteOffset;
        yield next.value.map((row, index) => toRecord(row, before + index + 1, columns));
      }
    } finally {
      await rows.return(undefined);
    }
    if (!stop) return;
    const wrong = await readLine(path, byteOffset);
    records += 1;
    byteOffset = wrong.endOffset;
    line = stop.line + wrong.emptyLines + 1;
    const reason = REASONS[stop.code] ?? 'has wrong quotes';
    yield [
      {
        number: records,
        line: line - 1,
        endOffset: byteOffset,
        fields: undefined,
        unreadable: { reason, text: shownText(wrong.text) },
      },
    ];
  }
}

function toRecord(
  { fields, line, endOffset }: CsvRow,
  number: number,
  columns: readonly Column[],
): SourceRecord {
  if (fields.length !== columns.length) {
    const reason = `has ${fields.length} fields where the header names ${columns.length}`;
    return {
      number,
      line,
      endOffset,
      fields: undefined,
      unreadable: { reason, text: shownText(JSON.stringify(fields)) },
    };
  }
  const values: Record<string, unknown> = {};
  for (const [index, { name, type }] of columns.entries()) {
    const text = fields[index];
    if (text !== undefined && text !== '') values[name] = type === undefined ? text : typed(text, type);
  }
  return { number, line, endOffset, fields: values };
}

/** What is no integer or flag stays text, for the schema to refuse. */
function typed(text: string, type: 'integer' | 'flag'): unknown {
  if (type === 'integer') return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (/^(true|1|yes)$/i.test(text)) return true;
  return /^(false|0|no)$/i.test(text) ? false : text;
}

interface Line {
  readonly text: string;
  /** Passed over before it. */
  readonly emptyLines: number;
  readonly endOffset: number;
}

/** The first line that is not empty from an offset on, its beginning at least. */
async function readLine(path: string, byteOffset: number): Promise<Line> {
  const file = await open(path);
  try {
    const begin = await skipEmptyLines(file, byteOffset);
    const text = await readPiece(file, begin.offset);
    let end = text.indexOf(LINE_FEED);
    const shown = (end === -1 ? text : text.subarray(0, end)).toString('utf8').trimEnd();
    let offset = begin.offset;
    let piece = text;
    while (end === -1 && piece.length > 0) {
      offset += piece.length;
      piece = await readPiece(file, offset);
      end = piece.indexOf(LINE_FEED);
    }
    return { text: shown, emptyLines: begin.emptyLines, endOffset: offset + end + 1 };
  } finally {
    await file.close();
  }
}

async function skipEmptyLines(file: FileHandle, byteOffset: number) {
  let offset = byteOffset;
  let emptyLines = 0;
  for (;;) {
    const piece = await readPiece(file, offset);
    const text = piece.findIndex((byte) => byte !== LINE_FEED && byte !== CARRIAGE_RETURN);
    const passed = piece.subarray(0, text === -1 ? piece.length : text);
    emptyLines += passed.filter((byte) => byte === LINE_FEED).length;
    offset += passed.length;
    if (text !== -1 || piece.length === 0) return { offset, emptyLines };
  }
}

async function readPiece(file: FileHandle, offset: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, offset);
  return buffer.subarray(0, bytesRead);
}
