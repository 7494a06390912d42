import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isNotFound } from '../state-file.ts';
import { type CapturedMessage, type Taken, capturedMessage } from './messages.ts';

/** Messages kept in memory and shown; the file has more. */
const SHOWN = 500;
/** A full file becomes `<file>.1` in place of the one before. */
const FILE_LIMIT_BYTES = 5 * 1024 * 1024;

/** What was taken, newest last: a line of NDJSON each, in the file before it is acknowledged. */
export class MessageStore {
  readonly #path: string;
  readonly #now: () => Date;
  #shown: CapturedMessage[];

  constructor(path: string, now: () => Date) {
    this.#path = path;
    this.#now = now;
    mkdirSync(dirname(path), { recursive: true });
    this.#shown = readLines(path).slice(-SHOWN);
  }

  get messages(): readonly CapturedMessage[] {
    return this.#shown;
  }

  add(taken: Taken): CapturedMessage {
    const seq = (this.#shown.at(-1)?.seq ?? 0) + 1;
    const message = { seq, receivedAt: this.#now().toISOString(), ...taken };
    this.#makeRoom();
    appendFileSync(this.#path, `${JSON.stringify(message)}\n`);
    this.#shown = [...this.#shown.slice(-(SHOWN - 1)), message];
    return message;
  }

  #makeRoom(): void {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > FILE_LIMIT_BYTES) renameSync(this.#path, `${this.#path}.1`);
  }
}

/** A last line that a crash cut short is left out. */
function readLines(path: string): CapturedMessage[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const message = capturedMessage.safeParse(parseLine(line));
        return message.success ? [message.data] : [];
      });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
