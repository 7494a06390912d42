import { createReadStream } from 'node:fs';
import { CsvError, type Parser, parse } from 'csv-parse';
import { LineCounter } from './line-counter.ts';
import { PIECE_BYTES } from './record.ts';

export interface CsvRow {
  readonly fields: readonly string[];
  readonly line: number;
  readonly endOffset: number;
}

/** The quotes of the row after the last one are wrong. */
export interface WrongQuotes {
  /** The parser's. */
  readonly code: string;
  /** The line that begins after the last row. */
  readonly line: number;
}

/** Bounds what a quote that is never closed can swallow; the longest record there can be is a quarter of it. */
const MAX_RECORD_BYTES = 256 * 1024;

/** The rows from an offset on, by pieces; undefined at the end of the file. */
export async function* parseRows(
  path: string,
  from: { readonly byteOffset: number; readonly line: number },
  delimiter: string,
): AsyncGenerator<CsvRow[], WrongQuotes | undefined> {
  const lines = new LineCounter(from);
  const rows: CsvRow[] = [];
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
    // Rows are taken here, with the offsets the parser knows at this moment; none goes through its readable side.
    on_record: (fields: string[], { bytes }) => {
      const endOffset = from.byteOffset + bytes;
      rows.push({ fields, line: lines.advance(endOffset), endOffset });
      return null;
    },
  });
  parser.on('error', () => undefined);
  const stream = createReadStream(path, { start: from.byteOffset, highWaterMark: PIECE_BYTES });
  try {
    for await (const piece of stream) {
      lines.add(piece as Buffer);
      const error = await feed(parser, piece as Buffer);
      yield rows.splice(0);
      if (error) return { code: codeOf(error), line: lines.line };
    }
    const error = await finish(parser);
    yield rows.splice(0);
    return error && { code: codeOf(error), line: lines.line };
  } finally {
    stream.destroy();
    parser.destroy();
  }
}

/** Of an error of the parser; any other is thrown. */
function codeOf(error: Error): string {
  if (error instanceof CsvError) return error.code;
  throw error;
}

function feed(parser: Parser, piece: Buffer): Promise<Error | undefined> {
  return new Promise((resolve) => {
    parser.write(piece, (error) => resolve(error ?? undefined));
  });
}

function finish(parser: Parser): Promise<Error | undefined> {
  return new Promise((resolve) => {
    parser.once('error', resolve);
    parser.end(() => resolve(undefined));
  });
}
