import { extname } from 'node:path';
import { ImportError } from '../errors.ts';
import { readCsvHeader } from './csv-header.ts';
import { csvRecords } from './csv.ts';
import { type FileFacts, countLines } from './file-facts.ts';
import { ndjsonRecords } from './ndjson.ts';
import type { Column, Position } from './record.ts';
import { RecordCursor } from './record-cursor.ts';

export type FileFormat = 'csv' | 'ndjson';

const FORMATS = new Map<string, FileFormat>([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
]);

/** @throws {ImportError} when the name does not say it. */
export function formatOf(path: string): FileFormat {
  const format = FORMATS.get(extname(path).toLowerCase());
  if (!format) throw new ImportError(`the name of ${path} does not end in .csv or .ndjson; say --format`);
  return format;
}

/** A file whose header has been read. */
export interface SourceFile {
  /** True when a record is a row of text columns. */
  readonly format: FileFormat;
  /**
   * Begins after the first `records` records, which end at `byteOffset`; the first record of the file when nothing is done with yet.
   */
  open(done: Pick<Position, 'byteOffset' | 'records'>): Promise<RecordCursor>;
}

/** @throws {ImportError} */
export async function openSourceFile(
  path: string,
  { format, facts, columns }: { format: FileFormat; facts: FileFacts; columns: readonly Column[] },
): Promise<SourceFile> {
  const at = async (first: Position, done: Pick<Position, 'byteOffset' | 'records'>): Promise<Position> =>
    done.byteOffset === 0 ? first : { ...done, line: (await countLines(path, done.byteOffset)) + 1 };
  if (format === 'ndjson') {
    const first = { byteOffset: facts.textOffset, records: 0, line: 1 };
    return { format, open: async (done) => new RecordCursor(ndjsonRecords(path, await at(first, done))) };
  }
  const header = await readCsvHeader(path, facts.textOffset, columns);
  return {
    format,
    open: async (done) => new RecordCursor(csvRecords(path, header, await at(header.start, done))),
  };
}
