import type { Delivery, EventContext, Receiver } from 'rhea-promise';

/** A message in its bytes, locked for this receiver. */
export interface RawDelivery {
  readonly message: Buffer;
  /** Takes it off the queue. Rejects when the lock was lost or the broker does not answer in time. */
  complete(): Promise<void>;
  /** Gives it back, for anybody to receive at once. */
  release(): Promise<void>;
}

/** Outside every registered message format: what bears it is handed over undecoded. */
const RAW_FORMAT = 2 ** 32;

/** Receives single messages as bytes. */
export class RawReceiver {
  readonly #link: Receiver;
  readonly #timeoutMs: number;
  readonly #unsettled = new Map<number, PromiseWithResolvers<void>>();
  #take: ((delivery: Delivery, message: Buffer) => void) | undefined;

  constructor(link: Receiver, timeoutMs: number) {
    this.#link = link;
    this.#timeoutMs = timeoutMs;
    keepBytes(link);
    link.on('message' as never, (context: EventContext) => {
      if (context.delivery) this.#take?.(context.delivery, context.message as unknown as Buffer);
    });
    link.on('settled' as never, ({ delivery }: EventContext) => delivery && this.#onSettled(delivery));
  }

  /** Up to `count` messages: fewer when no further one comes for `idleMs`. */
  async receive(count: number, idleMs: number): Promise<RawDelivery[]> {
    const received: RawDelivery[] = [];
    const done = Promise.withResolvers<void>();
    let timer = setTimeout(() => this.#link.drainCredit(), idleMs);
    const deadline = setTimeout(
      () => done.reject(new Error('the broker did not answer')),
      idleMs + this.#timeoutMs,
    );
    const drained = (): void => done.resolve();
    this.#link.on('receiver_drained' as never, drained);
    this.#take = (delivery, message) => {
      received.push(this.#heldBy(delivery, message));
      clearTimeout(timer);
      if (received.length === count) return done.resolve();
      timer = setTimeout(() => this.#link.drainCredit(), idleMs);
      deadline.refresh();
    };
    try {
      this.#link.addCredit(count);
      await done.promise;
      return received;
    } finally {
      clearTimeout(timer);
      clearTimeout(deadline);
      this.#link.removeListener('receiver_drained', drained);
    }
  }

  #heldBy(delivery: Delivery, message: Buffer): RawDelivery {
    return {
      message,
      complete: () => this.#settle(delivery, () => delivery.accept()),
      release: () => this.#settle(delivery, () => delivery.modified({ undeliverable_here: false })),
    };
  }

  /** The broker settles in answer; a lost lock comes back as its rejection. */
  async #settle(delivery: Delivery, dispose: () => void): Promise<void> {
    const answer = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => answer.reject(new Error('the broker did not answer a settlement')),
      this.#timeoutMs,
    );
    this.#unsettled.set(delivery.id, answer);
    try {
      dispose();
      await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#unsettled.delete(delivery.id);
    }
  }

  #onSettled(delivery: Delivery): void {
    const answer = this.#unsettled.get(delivery.id);
    const { error } = (delivery.remote_state ?? {}) as { error?: { description?: string } };
    if (error) answer?.reject(new Error(`the broker refuses the settlement: ${error.description ?? ''}`));
    else answer?.resolve();
  }
}

/**
 * Has the AMQP library leave messages undecoded: it decodes message format 0 alone. Nothing in its public interface offers that;
 * look at it again when the version of rhea changes.
 */
function keepBytes(link: Receiver): void {
  interface Session {
    on_transfer(frame: { performative: { message_format?: number } }, ...rest: unknown[]): void;
  }
  const session = Reflect.get(link.session, '_session') as Session;
  const onTransfer = session.on_transfer.bind(session);
  session.on_transfer = (frame, ...rest) => {
    frame.performative.message_format = RAW_FORMAT;
    onTransfer(frame, ...rest);
  };
}
