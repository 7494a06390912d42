/** The first Ctrl-C (or SIGTERM) asks the import to end after the batch at hand; a second one ends the process at once. */
export class StopRequest implements Disposable {
  #requested = false;
  readonly #signals = ['SIGINT', 'SIGTERM'] as const;
  readonly #listener: () => void;

  constructor(onRequest: () => void) {
    this.#listener = () => {
      this.#requested = true;
      this.release();
      onRequest();
    };
    for (const signal of this.#signals) process.on(signal, this.#listener);
  }

  get requested(): boolean {
    return this.#requested;
  }

  /** Signals have their usual effect again. */
  release(): void {
    for (const signal of this.#signals) process.off(signal, this.#listener);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
