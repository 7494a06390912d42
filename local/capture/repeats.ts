/** Communication Services remembers requests this long. */
const WINDOW_MS = 5 * 60_000;

export type Repeat = 'first' | 'again' | 'too-late' | 'malformed';

/** Requests by their repeatability id: https://learn.microsoft.com/rest/api/communication/repeatable-requests */
export class RepeatMemory {
  readonly #seen = new Map<string, number>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** What a request with these ids is. Call `taken` once it was taken. */
  look(requestId: string | undefined, firstSent: string | undefined): Repeat {
    if (requestId === undefined) return 'first';
    const ageMs = this.#now().getTime() - Date.parse(firstSent ?? '');
    if (Number.isNaN(ageMs)) return 'malformed';
    if (ageMs > WINDOW_MS || ageMs < -WINDOW_MS) return 'too-late';
    return this.#seen.has(requestId) ? 'again' : 'first';
  }

  taken(requestId: string | undefined): void {
    const nowMs = this.#now().getTime();
    for (const [id, atMs] of this.#seen) if (nowMs - atMs > 2 * WINDOW_MS) this.#seen.delete(id);
    if (requestId !== undefined) this.#seen.set(requestId, nowMs);
  }
}
