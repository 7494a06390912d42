import type { Progress } from './batch.ts';

/** Where progress is shown: a terminal, whose line is written over, or a log. */
export interface Display {
  readonly isTTY: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const TERMINAL_PERIOD_MS = 250;
const LOG_PERIOD_MS = 10_000;
const BAR_LENGTH = 20;
const CLEAR_LINE = '\r\u001b[2K';

export interface ProgressFacts {
  readonly progress: Progress;
  /** Where this process began. */
  readonly from: Progress;
  readonly totalBytes: number;
  readonly elapsedMs: number;
}

/** Share of the file, rows, rows per second and time left, each as far as this process has got. */
export function progressLine({ progress, from, totalBytes, elapsedMs }: ProgressFacts): string {
  const share = totalBytes === 0 ? 1 : progress.byteOffset / totalBytes;
  const seconds = elapsedMs / 1000;
  const rowsPerSecond = seconds > 0 ? (progress.rowsRead - from.rowsRead) / seconds : 0;
  const bytesPerSecond = seconds > 0 ? (progress.byteOffset - from.byteOffset) / seconds : 0;
  const left = bytesPerSecond > 0 ? duration((totalBytes - progress.byteOffset) / bytesPerSecond) : '?';
  const rejected = progress.rowsRejected > 0 ? `, ${grouped(progress.rowsRejected)} rejected` : '';
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `${percent} %  ${grouped(progress.rowsRead)} rows${rejected}, ${grouped(Math.round(rowsPerSecond))} rows/s, ${left} left`;
}

/** `[#####     ]` for a share of 0 to 1. */
export function bar(share: number): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * BAR_LENGTH);
  return `[${'#'.repeat(filled)}${' '.repeat(BAR_LENGTH - filled)}]`;
}

export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Shows how far an import is: four times a second on a terminal, every ten seconds in a log. */
export class ProgressDisplay {
  readonly #display: Display;
  readonly #facts: () => ProgressFacts;
  readonly #timer: NodeJS.Timeout;

  constructor(display: Display, facts: () => ProgressFacts) {
    this.#display = display;
    this.#facts = facts;
    this.#timer = setInterval(() => this.#show(), display.isTTY ? TERMINAL_PERIOD_MS : LOG_PERIOD_MS);
    this.#timer.unref();
  }

  /** Leaves an empty line behind on a terminal. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#display.isTTY) this.#display.write(CLEAR_LINE);
  }

  #show(): void {
    const facts = this.#facts();
    const line = progressLine(facts);
    if (!this.#display.isTTY) {
      this.#display.write(`${line}\n`);
      return;
    }
    const text = `${bar(facts.progress.byteOffset / facts.totalBytes)} ${line}`;
    this.#display.write(`${CLEAR_LINE}${text.slice(0, (this.#display.columns ?? 80) - 1)}`);
  }
}
