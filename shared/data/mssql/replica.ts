import { createLogger } from '../../telemetry/logger.ts';
import type { Queries } from '../database.ts';
import { DatabaseUnavailableError } from '../errors.ts';

/** How long a replica that did not answer is left alone. */
const REST_MS = 30_000;
const log = createLogger('sql');

/** Reads that may be some seconds old: from the replica, if there is one and it answers, else from the primary. */
export class Replica {
  readonly #primary: Queries;
  readonly #replica: Queries | undefined;
  readonly #nowMs: () => number;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(primary: Queries, replica: Queries | undefined, nowMs: () => number = () => performance.now()) {
    this.#primary = primary;
    this.#replica = replica;
    this.#nowMs = nowMs;
  }

  async run<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    if (!this.#replica || this.#nowMs() < this.#restUntilMs) return work(this.#primary);
    try {
      return await work(this.#replica);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      this.#restUntilMs = this.#nowMs() + REST_MS;
      log.warn('the read replica does not answer: the primary is read meanwhile', { restMs: REST_MS, error });
      return work(this.#primary);
    }
  }
}
