/**
 * Gathers what one turn of the event loop changes into one transaction. Whoever changes something says with `afterCommit`
 * what the outside may learn of it, and with `beforeCommit` what is to be worked off once everything of the turn is in.
 */
export class Turn {
  readonly #commit: () => void;
  readonly #steps = new Set<() => void>();
  #effects: (() => void)[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  /** `commit` makes the changes of the turn durable; when it throws, no effect runs and the error ends the process. */
  constructor(commit: () => void) {
    this.#commit = commit;
  }

  /** Runs `step` before the commit, once however often it is asked for until then. */
  beforeCommit(step: () => void): void {
    this.#steps.add(step);
    this.#schedule();
  }

  /** Runs `effect` after the commit, in the order of the calls. */
  afterCommit(effect: () => void): void {
    this.#effects.push(effect);
    this.#schedule();
  }

  /** Ends the turn now; for a stop that must not lose the answers under way. */
  finish(): void {
    clearImmediate(this.#scheduled);
    this.#run();
  }

  /**
   * Ends the process with `error`: a change failed half-way, so memory is ahead of the file, and only a new start can read
   * the last committed state. Needed where the AMQP library would catch the error.
   */
  fail(error: unknown): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = setImmediate(() => {
      throw error;
    });
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  #run(): void {
    for (const step of this.#steps) {
      this.#steps.delete(step);
      step();
    }
    this.#scheduled = undefined;
    this.#commit();
    const effects = this.#effects;
    this.#effects = [];
    for (const effect of effects) effect();
  }
}
