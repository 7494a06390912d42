import type { Clock } from '../../../local/service-bus/clock.ts';

/** A clock that stands still until it is moved; alarms that fall due ring while it moves, each at its own time. */
export class ManualClock implements Clock {
  #nowMs: number;
  #pending: { readonly atMs: number; readonly action: () => void }[] = [];

  constructor(startMs = Date.now()) {
    this.#nowMs = startMs;
  }

  /** How many actions wait for their time: the alarm, and deliveries that a fault delays. */
  get pending(): number {
    return this.#pending.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, action };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry);
    };
  }

  /** Moves the time. An alarm that is set again by what its ringing caused later rings at the next move. */
  advance(byMs: number): void {
    this.#nowMs += byMs;
    const due = this.#pending.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#pending = this.#pending.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { action } of due) action();
  }
}
