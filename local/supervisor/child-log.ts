import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** One log file and one older one are kept per part. */
const MAX_FILE_BYTES = 5 * 1024 * 1024;
/** A part that shouts may not bury the terminal. */
const MAX_TERMINAL_LINES_PER_SECOND = 20;
const LAST_LINES = 15;

export interface ChildLogOptions {
  readonly folder: string;
  readonly name: string;
  /** Takes a line for the person at the terminal. */
  readonly terminal: (line: string) => void;
  readonly nowMs: () => number;
  /** Size at which the file becomes the older one, in bytes; default 5 MiB. */
  readonly maxFileBytes?: number;
}

/** What a part writes goes to `<folder>/<name>.log`; its warnings and errors to the terminal as well. */
export class ChildLog {
  readonly path: string;
  readonly #options: ChildLogOptions;
  #file: number;
  #sizeBytes: number;
  #last: string[] = [];
  #second = 0;
  #shownThisSecond = 0;

  constructor(options: ChildLogOptions) {
    mkdirSync(options.folder, { recursive: true });
    this.#options = options;
    this.path = join(options.folder, `${options.name}.log`);
    this.#file = openSync(this.path, 'a');
    this.#sizeBytes = fstatSync(this.#file).size;
  }

  /** The last lines that were worth the terminal: what a failed start is explained with. */
  get lastProblems(): readonly string[] {
    return this.#last;
  }

  /** Follows the output of a new process of the part. */
  follow(stdout: Readable, stderr: Readable): void {
    this.#last = [];
    createInterface({ input: stdout }).on('line', (line) => this.#take(line, false));
    createInterface({ input: stderr }).on('line', (line) => this.#take(line, true));
  }

  close(): void {
    closeSync(this.#file);
  }

  #take(line: string, isErrorStream: boolean): void {
    this.#write(`${line}\n`);
    if (!isProblem(line, isErrorStream)) return;
    this.#last = [...this.#last.slice(1 - LAST_LINES), line];
    this.#show(line);
  }

  #write(text: string): void {
    if (this.#sizeBytes >= (this.#options.maxFileBytes ?? MAX_FILE_BYTES)) {
      closeSync(this.#file);
      renameSync(this.path, `${this.path}.1`);
      this.#file = openSync(this.path, 'a');
      this.#sizeBytes = 0;
    }
    this.#sizeBytes += writeSync(this.#file, text);
  }

  #show(line: string): void {
    const second = Math.floor(this.#options.nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#shownThisSecond = 0;
    }
    this.#shownThisSecond += 1;
    const { name, terminal } = this.#options;
    if (this.#shownThisSecond <= MAX_TERMINAL_LINES_PER_SECOND) terminal(`[${name}] ${line}`);
    else if (this.#shownThisSecond === MAX_TERMINAL_LINES_PER_SECOND + 1)
      terminal(`[${name}] … more in ${this.path}`);
  }
}

const LEVEL = /^\{.*?"level":"(\w+)"|^\S+ (TRACE|DEBUG|INFORMATION|WARNING|ERROR|CRITICAL) /;
const QUIET_LEVELS = new Set(['trace', 'debug', 'info', 'information']);

/** A line that names its level is judged by it, any other by the stream it came on. */
export function isProblem(line: string, isErrorStream: boolean): boolean {
  const [, json, text] = LEVEL.exec(line) ?? [];
  const level = (json ?? text)?.toLowerCase();
  if (level !== undefined) return !QUIET_LEVELS.has(level);
  return isErrorStream && line.trim() !== '';
}
