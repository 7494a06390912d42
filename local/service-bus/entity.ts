import { newLockToken } from './amqp/lock-token.ts';
import { deadLetterAddress } from './amqp/address.ts';
import type { MessageContent } from './amqp/content.ts';
import { writeMessage } from './amqp/content.ts';
import type { Clock } from './clock.ts';
import type { QueueSettings } from './config.ts';
import { takeFault } from './faults/faults.ts';
import type { Faults, QueueFaults } from './faults/faults.ts';
import { Queue } from './queue/queue.ts';
import type { QueueMessage } from './queue/types.ts';
import type { MessageStore, QueueStore } from './store.ts';
import type { Turn } from './turn.ts';

/** Something that takes messages off a queue while it has room for them; dropped once it is no longer open. */
export interface Consumer {
  isOpen(): boolean;
  /** How many messages it takes now. */
  capacity(): number;
  deliver(message: QueueMessage): void;
}

/** A queue or dead-letter queue at work: its rules, its store, and the consumers that share its messages in turn. */
export class Entity {
  readonly address: string;
  readonly queue: Queue<MessageContent>;
  readonly store: QueueStore;
  readonly isDeadLetterQueue: boolean;
  readonly faults: QueueFaults;
  readonly #turn: Turn;
  readonly #clock: Clock;
  #consumers: Consumer[] = [];
  readonly #pump = (): void => this.#deliverReady();

  constructor(address: string, parts: EntityParts) {
    this.address = address;
    this.#turn = parts.turn;
    this.#clock = parts.clock;
    this.faults = parts.faults.of(address);
    this.isDeadLetterQueue = parts.deadLetters === undefined;
    this.store = parts.store.queue(address, parts.deadLetters?.address);
    this.queue = new Queue({
      rules: parts.settings,
      journal: this.store.journal,
      deadLetterQueue: parts.deadLetters?.queue,
      nextSequence: this.store.nextSequence,
      newLockToken,
      onReady: () => this.wake(),
    });
    for (const message of this.store.messages()) this.queue.restore(message);
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Delivers what is ready at the end of this turn. */
  wake(): void {
    this.#turn.beforeCommit(this.#pump);
  }

  /** Runs `action` after `delayMs` of the broker's time. */
  later(delayMs: number, action: () => void): void {
    this.#clock.after(delayMs, action);
  }

  addConsumer(consumer: Consumer): void {
    this.#consumers.push(consumer);
    this.wake();
  }

  /** The message in its form for a receiver; undefined when it is no longer stored. */
  encode(message: QueueMessage): Buffer | undefined {
    const content = this.store.read(message.sequence);
    return (
      content &&
      writeMessage(content, {
        sequence: message.sequence,
        enqueuedAtMs: message.enqueuedAtMs,
        deliveryCount: message.state === 'locked' ? message.deliveries - 1 : message.deliveries,
        timeToLiveMs: message.timeToLiveMs,
        lockedUntilMs: message.lock?.untilMs,
        deadLetterSource: this.isDeadLetterQueue ? this.address.split('/$')[0] : undefined,
        scheduledForMs: message.scheduledForMs,
      })
    );
  }

  /** One message each in turn, so that consumers share the work; ends when no one has room or nothing is ready. */
  #deliverReady(): void {
    const nowMs = this.nowMs();
    this.queue.advance(nowMs);
    this.#consumers = this.#consumers.filter((consumer) => consumer.isOpen());
    let waiting = this.#consumers
      .map((consumer) => ({ consumer, room: consumer.capacity() }))
      .filter(({ room }) => room > 0);
    while (waiting.length > 0) {
      for (const entry of waiting) {
        const message = this.queue.take(nowMs, this.faults.reorder > 0 ? 'newest' : 'oldest');
        if (!message) return this.#startNextWith(entry.consumer);
        takeFault(this.faults, 'reorder');
        entry.room--;
        entry.consumer.deliver(message);
      }
      waiting = waiting.filter(({ room }) => room > 0);
    }
  }

  /** The consumer that went empty-handed is the first to be served next time. */
  #startNextWith(first: Consumer): void {
    const at = this.#consumers.indexOf(first);
    this.#consumers = [...this.#consumers.slice(at), ...this.#consumers.slice(0, at)];
  }
}

export interface EntityParts {
  readonly settings: Omit<QueueSettings, 'name'>;
  readonly store: MessageStore;
  readonly turn: Turn;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly deadLetters: Entity | undefined;
}

/** All entities of the broker by address, which Azure compares without regard to case. */
export class Entities {
  readonly #byAddress = new Map<string, Entity>();

  constructor(queues: readonly QueueSettings[], parts: Omit<EntityParts, 'settings' | 'deadLetters'>) {
    for (const settings of queues) {
      const deadLetters = new Entity(deadLetterAddress(settings.name), {
        ...parts,
        settings: {
          ...settings,
          maxDeliveryCount: Number.POSITIVE_INFINITY,
          duplicateWindowMs: undefined,
          defaultTimeToLiveMs: undefined,
        },
        deadLetters: undefined,
      });
      this.#add(deadLetters);
      this.#add(new Entity(settings.name, { ...parts, settings, deadLetters }));
    }
  }

  find(address: string): Entity | undefined {
    return this.#byAddress.get(address.toLowerCase());
  }

  /** The next time at which any queue has something to do. */
  nextDeadlineMs(): number | undefined {
    let earliest: number | undefined;
    for (const { queue } of this.#byAddress.values()) {
      const nextMs = queue.nextDeadlineMs();
      if (nextMs !== undefined && (earliest === undefined || nextMs < earliest)) earliest = nextMs;
    }
    return earliest;
  }

  /** Lets every queue do what is due. */
  wakeAll(): void {
    for (const entity of this.#byAddress.values()) entity.wake();
  }

  #add(entity: Entity): void {
    this.#byAddress.set(entity.address.toLowerCase(), entity);
  }
}
