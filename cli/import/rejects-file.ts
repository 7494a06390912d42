import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import type { FieldError } from '../../shared/errors.ts';
import { ImportError } from './errors.ts';
import type { SourceRecord } from './source/record.ts';

const BUFFERED_BYTES = 1024 * 1024;

/**
 * The records that were not taken, one JSON object a line: `line`, `reasons` (`path`, `message`) and `record` as the file has it
 * (an array when several rows make one thing). It is made with the first of them.
 */
export class RejectsFile {
  readonly path: string;
  #handle: number | undefined;
  #length = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Length in bytes, what is not on the disk yet included. */
  get length(): number {
    return this.#length + this.#pendingBytes;
  }

  /**
   * Drops everything after the first `length` bytes.
   * @throws {ImportError} when the file is not there or shorter.
   */
  restore(length: number): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    if (length === 0) {
      this.close();
      rmSync(this.path, { force: true });
    } else {
      const handle = this.#open('r+');
      if (fstatSync(handle).size < length) {
        throw new ImportError(`${this.path} is not the file of rejects that this import began`);
      }
      ftruncateSync(handle, length);
    }
    this.#length = length;
  }

  add(records: readonly SourceRecord[], reasons: readonly FieldError[]): void {
    const [first] = records;
    const shown = records.map(({ fields, unreadable }) => fields ?? unreadable?.text);
    const line = { line: first?.line, reasons, record: shown.length === 1 ? shown[0] : shown };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= BUFFERED_BYTES) this.#write();
  }

  /** Everything is on the disk after this. */
  flush(): void {
    this.#write();
    if (this.#handle !== undefined) fdatasyncSync(this.#handle);
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #write(): void {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#open('w'), bytes, written, bytes.length - written, this.#length + written);
    }
    this.#length += bytes.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #open(flags: 'w' | 'r+'): number {
    if (this.#handle !== undefined) return this.#handle;
    try {
      this.#handle = openSync(this.path, flags);
      return this.#handle;
    } catch (error) {
      throw new ImportError(`the file of rejects ${this.path} cannot be opened`, { cause: error });
    }
  }
}
