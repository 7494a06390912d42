import type { Delivery, EventContext, Sender } from 'rhea';
import type { Consumer, Entity } from '../entity.ts';
import { takeFault } from '../faults/faults.ts';
import type { QueueMessage, SettleResult } from '../queue/types.ts';
import type { Turn } from '../turn.ts';
import { asRecord } from './content.ts';
import { AmqpFailure, lockLost, notAllowed, notOffered } from './errors.ts';
import { tagOfToken, tokenOfTag } from './lock-token.ts';
import {
  answerDrainAlways,
  answerSettled,
  capacityOf,
  finishDrain,
  settleOutgoing,
} from './rhea-internals.ts';

/** The sender's settle mode of a receive-and-delete receiver. */
const SETTLED = 1;

/** Delivers a queue's messages to one receiver and carries out how it settles them. */
export class ConsumerLink implements Consumer {
  readonly #sender: Sender;
  readonly #entity: Entity;
  readonly #turn: Turn;
  readonly #deletes: boolean;

  constructor(sender: Sender, entity: Entity, turn: Turn) {
    this.#sender = sender;
    this.#entity = entity;
    this.#turn = turn;
    this.#deletes = sender.snd_settle_mode === SETTLED;
    if (this.#deletes) answerSettled(sender);
    answerDrainAlways(sender);
    sender.on('sendable', () => entity.wake());
    sender.on('sender_draining', () => this.#drain());
    for (const outcome of ['accepted', 'rejected', 'released', 'modified'] as const)
      sender.on(outcome, (context: EventContext) => this.#settle(outcome, context));
    entity.addConsumer(this);
  }

  isOpen(): boolean {
    return this.#sender.is_open();
  }

  capacity(): number {
    return capacityOf(this.#sender);
  }

  deliver(message: QueueMessage): void {
    const token = message.lock?.token;
    const encoded = this.#entity.encode(message);
    if (token === undefined || !encoded) throw new Error(`message ${message.sequence} cannot be delivered`);
    this.#applyFaults(message, token);
    if (this.#deletes) this.#entity.queue.complete(token, this.#entity.nowMs());
    const send = (): void => {
      if (this.#sender.is_open()) this.#sender.send(encoded, tagOfToken(token), 0);
    };
    const { delayMs } = this.#entity.faults;
    this.#turn.afterCommit(() => (delayMs > 0 ? this.#entity.later(delayMs, send) : send()));
  }

  #applyFaults({ sequence, timeToLiveMs }: QueueMessage, token: string): void {
    const { queue, store, faults } = this.#entity;
    const nowMs = this.#entity.nowMs();
    if (takeFault(faults, 'duplicate')) {
      const content = store.read(sequence);
      if (content)
        queue.enqueue({ messageId: undefined, timeToLiveMs, scheduledForMs: undefined, content }, nowMs);
    }
    if (!this.#deletes && takeFault(faults, 'loseLock')) queue.abandon(token, nowMs);
  }

  /** Answers a drain after everything that is ready has used its credit. */
  #drain(): void {
    this.#entity.wake();
    this.#turn.beforeCommit(() => this.#turn.afterCommit(() => finishDrain(this.#sender)));
  }

  #settle(outcome: Outcome, { delivery }: EventContext): void {
    if (!delivery) return;
    try {
      const result = this.#apply(outcome, delivery);
      if (result === 'lock-lost') throw lockLost();
      if (result === 'not-allowed')
        throw notAllowed('A message of a dead-letter queue cannot be dead-lettered.');
      this.#turn.afterCommit(() => settleOutgoing(delivery));
    } catch (error) {
      if (!(error instanceof AmqpFailure)) return this.#turn.fail(error);
      this.#turn.afterCommit(() => settleOutgoing(delivery, error.toAmqp()));
    }
  }

  #apply(outcome: Outcome, delivery: Delivery): SettleResult {
    const { queue } = this.#entity;
    const nowMs = this.#entity.nowMs();
    const token = tokenOfTag(delivery.tag);
    const state = asRecord(delivery.remote_state);
    switch (outcome) {
      case 'accepted':
        return queue.complete(token, nowMs);
      case 'released':
        return queue.abandon(token, nowMs);
      case 'modified':
        if (state['undeliverable_here'] === true) throw notOffered('Deferring a message');
        return queue.abandon(token, nowMs, asRecord(state['message_annotations']));
      case 'rejected':
        return queue.deadLetter(token, nowMs, deadLetterCause(asRecord(state['error'])));
    }
  }
}

type Outcome = 'accepted' | 'rejected' | 'released' | 'modified';

function deadLetterCause(error: Record<string, unknown>) {
  const { DeadLetterReason, DeadLetterErrorDescription, ...properties } = asRecord(error['info']);
  return { reason: text(DeadLetterReason), description: text(DeadLetterErrorDescription), properties };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
