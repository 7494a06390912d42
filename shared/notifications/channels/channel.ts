import type { NoticeFacts } from '../facts.ts';

export interface Delivery {
  readonly recipient: string;
  readonly facts: NoticeFacts;
  readonly repeat: Repeatability;
}

/** Makes a repeated request one message where the service looks at it (Communication Services, for five minutes). */
export interface Repeatability {
  readonly requestId: string;
  readonly firstSent: Date;
}

/** A way to tell somebody. */
export interface Channel {
  /** Resolves once the service has taken the message. @throws {ChannelError} when it has not, or nobody knows. */
  send(delivery: Delivery): Promise<void>;
}
