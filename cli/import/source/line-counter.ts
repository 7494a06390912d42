const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Tells on which line each record begins, from the bytes and the offsets at which records end. */
export class LineCounter {
  #bytes: Buffer = Buffer.alloc(0);
  /** Offset in the file of the first of `#bytes`. */
  #start: number;
  /** How far in `#bytes` lines are counted. */
  #at = 0;
  #line: number;

  constructor({ byteOffset, line }: { byteOffset: number; line: number }) {
    this.#start = byteOffset;
    this.#line = line;
  }

  /** The line that begins at the end of the last record. */
  get line(): number {
    return this.#line;
  }

  /** The next bytes of the file. */
  add(piece: Buffer): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    this.#start += this.#at;
    this.#at = 0;
  }

  /** Goes on to the end of the next record; returns the line on which it begins, after any empty lines. */
  advance(endOffset: number): number {
    const end = endOffset - this.#start;
    while (this.#at < end && isLineEnd(this.#bytes[this.#at])) {
      if (this.#bytes[this.#at] === LINE_FEED) this.#line += 1;
      this.#at += 1;
    }
    const begin = this.#line;
    let feed = this.#bytes.indexOf(LINE_FEED, this.#at);
    while (feed !== -1 && feed < end) {
      this.#line += 1;
      feed = this.#bytes.indexOf(LINE_FEED, feed + 1);
    }
    this.#at = end;
    return begin;
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}
