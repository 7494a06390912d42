import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ImportError } from '../errors.ts';
import { PIECE_BYTES } from './record.ts';

export interface FileFacts {
  /** SHA-256 in hex. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly changedMs: number;
  /** 3 with a byte order mark, else 0. */
  readonly textOffset: number;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LINE_FEED = 10;

/**
 * Reads the file once, before anything is imported from it.
 * @throws {ImportError} when it is not there, empty, or not UTF-8 (with the line, because another encoding would turn names into
 * garbage without an error).
 */
export async function readFileFacts(path: string): Promise<FileFacts> {
  const before = await stat(path).catch(() => undefined);
  if (!before?.isFile()) throw new ImportError(`there is no file ${path}`);
  const hash = createHash('sha256');
  const utf8 = new Utf8Check();
  let sizeBytes = 0;
  let textOffset = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 4 * PIECE_BYTES })) {
    const bytes = piece as Buffer;
    if (sizeBytes === 0 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) textOffset = 3;
    sizeBytes += bytes.length;
    hash.update(bytes);
    utf8.add(bytes);
  }
  utf8.end();
  if (sizeBytes === textOffset) throw new ImportError(`${path} is empty`);
  return { digest: hash.digest('hex'), sizeBytes, changedMs: before.mtimeMs, textOffset };
}

/** @throws {ImportError} when the file is no longer the one whose digest was taken. */
export async function checkUnchanged(path: string, facts: FileFacts): Promise<void> {
  const now = await stat(path).catch(() => undefined);
  if (now?.size === facts.sizeBytes && now.mtimeMs === facts.changedMs) return;
  throw new ImportError(`${path} was changed while it was read; run the import again once it is complete`);
}

/** How many lines end before `byteOffset`. */
export async function countLines(path: string, byteOffset: number): Promise<number> {
  if (byteOffset === 0) return 0;
  let lines = 0;
  for await (const piece of createReadStream(path, { end: byteOffset - 1, highWaterMark: 4 * PIECE_BYTES })) {
    lines += lineFeeds(piece as Buffer);
  }
  return lines;
}

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}

/** Checks whole lines, since a piece may end within a character. */
class Utf8Check {
  #rest = Buffer.alloc(0);
  #lines = 0;

  add(piece: Buffer): void {
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#rest = Buffer.concat([this.#rest, piece]);
      return;
    }
    this.#check(Buffer.concat([this.#rest, piece.subarray(0, end)]));
    this.#rest = Buffer.from(piece.subarray(end));
  }

  end(): void {
    this.#check(this.#rest);
  }

  #check(lines: Buffer): void {
    if (isUtf8(lines)) {
      this.#lines += lineFeeds(lines);
      return;
    }
    let start = 0;
    for (let line = this.#lines + 1; ; line += 1) {
      const end = lines.indexOf(LINE_FEED, start) + 1 || lines.length;
      if (!isUtf8(lines.subarray(start, end))) {
        throw new ImportError(
          `line ${line} is not UTF-8; convert the file first, for example: iconv -f CP949 -t UTF-8 FILE > NEW-FILE`,
        );
      }
      start = end;
    }
  }
}
