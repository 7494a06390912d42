import type { RecordPieces, SourceRecord } from './record.ts';

/** Takes records off a file one after another, reading ahead by no more than one piece. */
export class RecordCursor {
  readonly #pieces: RecordPieces;
  #piece: readonly SourceRecord[] = [];
  #at = 0;

  constructor(pieces: RecordPieces) {
    this.#pieces = pieces;
  }

  /** The next record, which stays the next one; undefined at the end of the file. */
  async peek(): Promise<SourceRecord | undefined> {
    while (this.#at >= this.#piece.length) {
      const next = await this.#pieces.next();
      if (next.done) return undefined;
      this.#piece = next.value;
      this.#at = 0;
    }
    return this.#piece[this.#at];
  }

  /** The next records, `max` at most but possibly fewer; none only at the end of the file. */
  async take(max: number): Promise<readonly SourceRecord[]> {
    if ((await this.peek()) === undefined) return [];
    const records = this.#piece.slice(this.#at, this.#at + max);
    this.#at += records.length;
    return records;
  }

  async close(): Promise<void> {
    await this.#pieces.return();
  }
}
