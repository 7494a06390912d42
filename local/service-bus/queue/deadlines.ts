import { Heap } from './heap.ts';
import type { QueueMessage } from './types.ts';

export interface Deadline {
  readonly kind: 'unlock' | 'expire' | 'activate';
  readonly atMs: number;
  readonly message: QueueMessage;
}

/** What a queue has to do at which time. Deadlines that no longer hold (settled, renewed) are skipped, not searched for. */
export class Deadlines {
  readonly #heap = new Heap<Deadline>((deadline) => deadline.atMs);

  get size(): number {
    return this.#heap.size;
  }

  add(deadline: Deadline): void {
    this.#heap.push(deadline);
  }

  nextMs(): number | undefined {
    let top = this.#heap.peek();
    while (top && !isValid(top)) {
      this.#heap.pop();
      top = this.#heap.peek();
    }
    return top?.atMs;
  }

  takeDue(nowMs: number): Deadline | undefined {
    const nextMs = this.nextMs();
    return nextMs !== undefined && nextMs <= nowMs ? this.#heap.pop() : undefined;
  }

  /** Clears skipped deadlines once they outnumber the ones that can still hold, so that memory follows the queue's length. */
  compact(possible: number): void {
    if (this.#heap.size > 2 * possible + 64) this.#heap.compact(isValid);
  }
}

function isValid({ kind, atMs, message }: Deadline): boolean {
  switch (kind) {
    case 'unlock':
      return message.lock?.untilMs === atMs;
    case 'expire':
      return message.state === 'ready' || message.state === 'locked';
    case 'activate':
      return message.state === 'scheduled';
  }
}
