/** A message as its queue sees it; the content lies in the store. Times are milliseconds since 1970. */
export interface QueueMessage {
  sequence: number;
  enqueuedAtMs: number;
  /** The shorter of the sender's and the queue's time to live; undefined: never expires. */
  readonly timeToLiveMs: number | undefined;
  /** Set until the message becomes active. */
  scheduledForMs: number | undefined;
  /** Deliveries begun so far, the current one included. */
  deliveries: number;
  state: 'ready' | 'locked' | 'scheduled' | 'gone';
  lock: { readonly token: string; readonly untilMs: number } | undefined;
}

/** What the store keeps of a message; a lock does not outlive the process. */
export type StoredMessage = Omit<QueueMessage, 'state' | 'lock'>;

/** A message on its way in. `C` is the content, which the queue hands on unread. */
export interface NewMessage<C> {
  /** Compared for duplicate detection; undefined is never a duplicate. */
  readonly messageId: string | undefined;
  readonly timeToLiveMs: number | undefined;
  readonly scheduledForMs: number | undefined;
  readonly content: C;
}

export type PropertyChanges = Readonly<Record<string, unknown>>;

/** Why a message goes to the dead-letter queue; becomes application properties of the message. */
export interface DeadLetterCause {
  readonly reason: string | undefined;
  readonly description: string | undefined;
  readonly properties?: PropertyChanges;
}

/** Where a queue records every change, in order, before anybody is told of it. */
export interface Journal<C> {
  added(message: StoredMessage, content: C): void;
  delivered(message: StoredMessage): void;
  propertiesChanged(message: StoredMessage, properties: PropertyChanges): void;
  activated(message: StoredMessage, formerSequence: number): void;
  removed(message: StoredMessage): void;
  deadLettered(message: StoredMessage, cause: DeadLetterCause): void;
  /** The next sequence number to hand out: never handed out twice, also after a restart. */
  sequenceReached(nextSequence: number): void;
  /** Remembers a message id; false when it was already seen after `sinceMs`. */
  remember(messageId: string, nowMs: number, sinceMs: number): boolean;
}

/** Rules of a queue or of its dead-letter queue. */
export interface QueueRules {
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly duplicateWindowMs: number | undefined;
  readonly defaultTimeToLiveMs: number | undefined;
  readonly deadLetterOnExpiry: boolean;
}

/** `lock-lost`: the token is unknown, expired or already settled. `not-allowed`: no dead-letter queue below this one. */
export type SettleResult = 'done' | 'lock-lost' | 'not-allowed';
