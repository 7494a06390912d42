import type { Clock } from './clock.ts';

/** The longest delay `setTimeout` takes; a later time is reached in several steps. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The broker's only timer: armed for the next deadline of any queue, off when there is none. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #atMs: number | undefined;
  #cancel: (() => void) | undefined;

  /** `ring` must arm the alarm again when there is a next deadline. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings once at `atMs` and forgets any earlier setting; undefined switches the alarm off. */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#atMs = atMs;
    if (atMs === undefined) return;
    const delayMs = Math.min(Math.max(atMs - this.#clock.nowMs(), 0), MAX_DELAY_MS);
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#atMs = undefined;
      this.#cancel = undefined;
      this.#ring();
    });
  }
}
