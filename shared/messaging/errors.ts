import { AppError, UnavailableError } from '../errors.ts';

/** Service Bus did not take the message in time; it may or may not have arrived. Sending it again later is right. */
export class QueueUnavailableError extends UnavailableError {
  readonly queue: string;

  constructor(queue: string, cause: unknown) {
    super(`the queue ${queue} does not take messages just now`, { code: 'queue-unavailable', cause });
    this.queue = queue;
  }
}

/** Service Bus refuses the message for good, because it is too large. Sending it again changes nothing. */
export class MessageRefusedError extends AppError {
  override readonly name = 'MessageRefusedError';
  readonly queue: string;

  constructor(queue: string, cause: unknown) {
    super({
      code: 'message-refused',
      httpStatus: 500,
      message: `the queue ${queue} refuses the message`,
      cause,
    });
    this.queue = queue;
  }
}

/** Somebody else holds the message just now, for at most the queue's lock time. */
export class MessageLockedElsewhereError extends AppError {
  override readonly name = 'MessageLockedElsewhereError';

  constructor(address: string) {
    super({
      code: 'message-locked',
      httpStatus: 409,
      message: `somebody else holds the message of ${address} just now; try again in a minute`,
      retryAfterSeconds: 60,
    });
  }
}

/** Too many messages stand before the wanted one, and Service Bus gives them out in order only. */
export class MessageOutOfReachError extends AppError {
  override readonly name = 'MessageOutOfReachError';

  constructor(address: string, held: number) {
    super({
      code: 'message-out-of-reach',
      httpStatus: 409,
      message: `more than ${held} messages stand before it in ${address}; settle older ones first`,
    });
  }
}

/** What a failure of the SDK means to the sender. The SDK throws an `AggregateError` once it has retried. */
export function asQueueError(queue: string, error: unknown): QueueUnavailableError | MessageRefusedError {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  const tooLarge = last instanceof Error && Reflect.get(last, 'code') === 'MessageSizeExceeded';
  return tooLarge ? new MessageRefusedError(queue, error) : new QueueUnavailableError(queue, error);
}
