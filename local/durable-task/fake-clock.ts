import type { AlarmClock } from './clock.ts';

/** Time that only a test moves. */
export class FakeClock implements AlarmClock {
  #now = Date.parse('2030-01-01T00:00:00.000Z');
  readonly #alarms = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): Date {
    return new Date(this.#now);
  }

  after(delayMs: number, callback: () => void): () => void {
    const alarm = { at: this.#now + Math.max(delayMs, 0), callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** How many alarms are set: an idle backend has one at most. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Moves time on, ringing every alarm on the way in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = [...this.#alarms].filter((alarm) => alarm.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = until;
  }
}
