/** Where reading begins: the byte after the last record that is done with, and what was counted up to there. */
export interface Position {
  readonly byteOffset: number;
  /** Records before it, the header of a CSV file not counted. */
  readonly records: number;
  /** The line that begins there, from 1. */
  readonly line: number;
}

/** One record of a file, whatever the format. */
export interface SourceRecord {
  /** From 1, the header of a CSV file not counted. */
  readonly number: number;
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** Byte offset in the file just after it: where the next one begins. */
  readonly endOffset: number;
  /** By column; what is empty in the file is left out. Undefined when the record cannot be read. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** Why it cannot be read, with its text (shortened). */
  readonly unreadable?: { readonly reason: string; readonly text: string } | undefined;
}

/** Pieces as they come off the disk; an empty piece is possible. */
export type RecordPieces = AsyncGenerator<SourceRecord[], void>;

/** A column of an import file. In CSV every value is text; integers and flags are made of it by the reader. */
export interface Column {
  readonly name: string;
  readonly required?: boolean;
  readonly type?: 'integer' | 'flag';
}

/** Bytes read from the disk at a time. */
export const PIECE_BYTES = 256 * 1024;

const MAX_SHOWN_TEXT = 2000;

/** The text of a record that cannot be read, short enough for a report. */
export function shownText(text: string): string {
  return text.length <= MAX_SHOWN_TEXT ? text : `${text.slice(0, MAX_SHOWN_TEXT)}…`;
}
