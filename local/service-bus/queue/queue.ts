import { Deadlines } from './deadlines.ts';
import { Heap } from './heap.ts';
import type {
  DeadLetterCause,
  Journal,
  NewMessage,
  PropertyChanges,
  QueueMessage,
  QueueRules,
  SettleResult,
  StoredMessage,
} from './types.ts';

export interface QueueOptions<C> {
  readonly rules: QueueRules;
  readonly journal: Journal<C>;
  /** Receives what this queue dead-letters; undefined for a dead-letter queue itself, where nothing expires. */
  readonly deadLetterQueue?: Queue<C>;
  readonly nextSequence: number;
  readonly newLockToken: () => string;
  /** Called when a message became ready to deliver. */
  readonly onReady: () => void;
}

/**
 * The state rules of one queue: order, locks, delivery count, time to live, schedule, duplicates. Holds an index of the
 * messages, never their content; knows no protocol and no clock (every call is given the time). A message comes back to
 * its old place when its lock ends, and leaves for the dead-letter queue after `maxDeliveryCount` deliveries.
 */
export class Queue<C> {
  readonly rules: QueueRules;
  readonly #journal: Journal<C>;
  readonly #deadLetterQueue: Queue<C> | undefined;
  readonly #newLockToken: () => string;
  readonly #onReady: () => void;
  readonly #messages = new Map<number, QueueMessage>();
  readonly #locked = new Map<string, QueueMessage>();
  /** Messages in order; one that left the state `ready` otherwise than by `take` is skipped when it comes up. */
  readonly #ready = new Heap<QueueMessage>((message) => message.sequence);
  readonly #deadlines = new Deadlines();
  #nextSequence: number;

  constructor(options: QueueOptions<C>) {
    this.rules = options.rules;
    this.#journal = options.journal;
    this.#deadLetterQueue = options.deadLetterQueue;
    this.#nextSequence = options.nextSequence;
    this.#newLockToken = options.newLockToken;
    this.#onReady = options.onReady;
  }

  get size(): number {
    return this.#messages.size;
  }

  get(sequence: number): QueueMessage | undefined {
    return this.#messages.get(sequence);
  }

  /** How many deadlines are kept, the ones that no longer hold included: a measure of memory. */
  get pendingDeadlines(): number {
    return this.#deadlines.size;
  }

  /** When `advance` next has work. */
  nextDeadlineMs(): number | undefined {
    return this.#deadlines.nextMs();
  }

  /** Puts back what the store kept. Locks are gone; the delivery that held one counts. */
  restore(stored: StoredMessage): void {
    const message: QueueMessage = { ...stored, state: 'scheduled', lock: undefined };
    this.#messages.set(message.sequence, message);
    if (message.scheduledForMs !== undefined)
      return this.#deadlines.add({ kind: 'activate', atMs: message.scheduledForMs, message });
    this.#armExpiry(message);
    this.#release(message);
  }

  /** Appends a message, or schedules it when its time lies ahead. A duplicate is dropped, yet uses up a sequence number. */
  enqueue(incoming: NewMessage<C>, nowMs: number): { sequence: number; duplicate: boolean } {
    this.advance(nowMs);
    const sequence = this.#takeSequence();
    if (this.#isDuplicate(incoming.messageId, nowMs)) return { sequence, duplicate: true };
    const isLater = incoming.scheduledForMs !== undefined && incoming.scheduledForMs > nowMs;
    const message: QueueMessage = {
      sequence,
      enqueuedAtMs: nowMs,
      timeToLiveMs: this.#effectiveTimeToLive(incoming.timeToLiveMs),
      scheduledForMs: isLater ? incoming.scheduledForMs : undefined,
      deliveries: 0,
      state: 'scheduled',
      lock: undefined,
    };
    this.#messages.set(sequence, message);
    this.#journal.added(message, incoming.content);
    if (message.scheduledForMs === undefined) {
      this.#armExpiry(message);
      this.#makeReady(message);
    } else this.#deadlines.add({ kind: 'activate', atMs: message.scheduledForMs, message });
    return { sequence, duplicate: false };
  }

  /** Removes a scheduled message; false when there is none of that number. */
  cancelScheduled(sequence: number, nowMs: number): boolean {
    this.advance(nowMs);
    const message = this.#messages.get(sequence);
    if (message?.state !== 'scheduled') return false;
    this.#remove(message);
    return true;
  }

  /** Locks the next message for one delivery; undefined when none is ready. */
  take(nowMs: number, which: 'oldest' | 'newest' = 'oldest'): QueueMessage | undefined {
    const message = which === 'oldest' ? this.#nextReady(nowMs) : this.#newestReady(nowMs);
    if (!message) return undefined;
    message.deliveries++;
    this.#lock(message, this.#newLockToken(), nowMs);
    this.#journal.delivered(message);
    return message;
  }

  complete(token: string, nowMs: number): SettleResult {
    const message = this.#unlock(token, nowMs);
    if (!message) return 'lock-lost';
    this.#remove(message);
    return 'done';
  }

  /** Gives a message back; it is delivered again at once, or dead-lettered after its last delivery. */
  abandon(token: string, nowMs: number, changes?: PropertyChanges): SettleResult {
    const message = this.#unlock(token, nowMs);
    if (!message) return 'lock-lost';
    if (changes && Object.keys(changes).length > 0) this.#journal.propertiesChanged(message, changes);
    this.#release(message, nowMs);
    return 'done';
  }

  deadLetter(token: string, nowMs: number, cause: DeadLetterCause): SettleResult {
    if (!this.#deadLetterQueue) return 'not-allowed';
    const message = this.#unlock(token, nowMs);
    if (!message) return 'lock-lost';
    this.#bury(message, cause);
    return 'done';
  }

  /** Starts the lock anew; returns when it now ends, or undefined when it was lost. */
  renew(token: string, nowMs: number): number | undefined {
    const message = this.#unlock(token, nowMs);
    if (!message) return undefined;
    const untilMs = this.#lock(message, token, nowMs);
    return untilMs;
  }

  /** Does what is due: ends locks, expires messages, activates scheduled ones. */
  advance(nowMs: number): void {
    for (let due = this.#deadlines.takeDue(nowMs); due; due = this.#deadlines.takeDue(nowMs)) {
      if (due.kind === 'activate') this.#activate(due.message, nowMs);
      else if (due.kind === 'unlock') this.#endLock(due.message, nowMs);
      else if (due.message.state === 'ready') this.#expire(due.message);
    }
    this.#deadlines.compact(2 * this.#messages.size);
  }

  #takeSequence(): number {
    const sequence = this.#nextSequence++;
    this.#journal.sequenceReached(this.#nextSequence);
    return sequence;
  }

  #isDuplicate(messageId: string | undefined, nowMs: number): boolean {
    const windowMs = this.rules.duplicateWindowMs;
    if (windowMs === undefined || messageId === undefined) return false;
    return !this.#journal.remember(messageId, nowMs, nowMs - windowMs);
  }

  #effectiveTimeToLive(ownMs: number | undefined): number | undefined {
    const defaultMs = this.rules.defaultTimeToLiveMs;
    if (ownMs === undefined || defaultMs === undefined) return ownMs ?? defaultMs;
    return Math.min(ownMs, defaultMs);
  }

  #nextReady(nowMs: number): QueueMessage | undefined {
    this.advance(nowMs);
    let message = this.#ready.pop();
    while (message && message.state !== 'ready') message = this.#ready.pop();
    return message;
  }

  /** As a broker does that does not keep order; for faults, so it need not be quick. */
  #newestReady(nowMs: number): QueueMessage | undefined {
    const ready: QueueMessage[] = [];
    for (let next = this.#nextReady(nowMs); next; next = this.#nextReady(nowMs)) ready.push(next);
    const newest = ready.pop();
    for (const message of ready) this.#ready.push(message);
    return newest;
  }

  #lock(message: QueueMessage, token: string, nowMs: number): number {
    const untilMs = nowMs + this.rules.lockDurationMs;
    message.state = 'locked';
    message.lock = { token, untilMs };
    this.#locked.set(token, message);
    this.#deadlines.add({ kind: 'unlock', atMs: untilMs, message });
    return untilMs;
  }

  #unlock(token: string, nowMs: number): QueueMessage | undefined {
    this.advance(nowMs);
    const message = this.#locked.get(token);
    this.#locked.delete(token);
    if (message) message.lock = undefined;
    return message;
  }

  #endLock(message: QueueMessage, nowMs: number): void {
    if (message.lock) this.#locked.delete(message.lock.token);
    message.lock = undefined;
    this.#release(message, nowMs);
  }

  /** A message without a lock: waits again, unless its deliveries or its time are used up. */
  #release(message: QueueMessage, nowMs = Number.NEGATIVE_INFINITY): void {
    if (this.#deadLetterQueue && message.deliveries >= this.rules.maxDeliveryCount) {
      const times = this.rules.maxDeliveryCount;
      this.#bury(message, {
        reason: 'MaxDeliveryCountExceeded',
        description: `Message could not be consumed after ${times} delivery attempts.`,
      });
    } else if (this.#expiresAtMs(message) <= nowMs) this.#expire(message);
    else this.#makeReady(message);
  }

  #makeReady(message: QueueMessage): void {
    message.state = 'ready';
    this.#ready.push(message);
    this.#onReady();
  }

  /** Once per message: one that is locked at its time expires when the lock ends. */
  #armExpiry(message: QueueMessage): void {
    const atMs = this.#expiresAtMs(message);
    if (Number.isFinite(atMs)) this.#deadlines.add({ kind: 'expire', atMs, message });
  }

  #expiresAtMs(message: QueueMessage): number {
    if (!this.#deadLetterQueue || message.timeToLiveMs === undefined) return Number.POSITIVE_INFINITY;
    return message.enqueuedAtMs + message.timeToLiveMs;
  }

  #expire(message: QueueMessage): void {
    if (!this.rules.deadLetterOnExpiry) return this.#remove(message);
    this.#bury(message, {
      reason: 'TTLExpiredException',
      description: 'The message expired and was dead lettered.',
    });
  }

  /** Becoming active is like being sent now: new place, new sequence number, time to live starts. */
  #activate(message: QueueMessage, nowMs: number): void {
    const formerSequence = message.sequence;
    this.#messages.delete(formerSequence);
    message.sequence = this.#takeSequence();
    message.enqueuedAtMs = nowMs;
    message.scheduledForMs = undefined;
    this.#messages.set(message.sequence, message);
    this.#journal.activated(message, formerSequence);
    this.#armExpiry(message);
    this.#makeReady(message);
  }

  #remove(message: QueueMessage): void {
    this.#forget(message);
    this.#journal.removed(message);
  }

  #bury(message: QueueMessage, cause: DeadLetterCause): void {
    this.#forget(message);
    this.#journal.deadLettered(message, cause);
    this.#deadLetterQueue?.restore(message);
  }

  #forget(message: QueueMessage): void {
    this.#messages.delete(message.sequence);
    message.state = 'gone';
    message.lock = undefined;
  }
}
