import { z } from 'zod';
import type { Switchboard } from './switchboard.ts';

const change = z.strictObject({
  fault: z.enum(['hold', 'release']),
  /** A function's name; `*` for all. */
  function: z.string().min(1),
});
const ALL = '*';

/** Functions that wait before they begin, as on a host that has no instance free. */
export class Holds implements Switchboard {
  readonly #held = new Set<string>();
  #waiting: { readonly name: string; readonly go: () => void }[] = [];

  /** Resolves once the function may begin; undefined when it may at once. */
  passed(name: string): Promise<void> | undefined {
    if (!this.#isHeld(name)) return undefined;
    return new Promise((go) => this.#waiting.push({ name, go }));
  }

  view() {
    return { held: [...this.#held], waiting: this.#waiting.map(({ name }) => name) };
  }

  change(wanted: unknown): unknown {
    const asked = change.parse(wanted);
    if (asked.fault === 'hold') this.#held.add(asked.function);
    else this.#held.delete(asked.function);
    this.#letGo();
    return this.view();
  }

  reset(): void {
    this.#held.clear();
    this.#letGo();
  }

  #isHeld(name: string): boolean {
    return this.#held.has(ALL) || this.#held.has(name);
  }

  #letGo(): void {
    const free = this.#waiting.filter(({ name }) => !this.#isHeld(name));
    this.#waiting = this.#waiting.filter(({ name }) => this.#isHeld(name));
    for (const { go } of free) go();
  }
}
