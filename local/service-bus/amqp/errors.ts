import type { AmqpError } from 'rhea';

/** A request that is answered with an AMQP error. `statusCode` is its form in a management response. */
export class AmqpFailure extends Error {
  override readonly name = 'AmqpFailure';
  readonly condition: string;
  readonly statusCode: number;

  constructor(condition: string, statusCode: number, description: string) {
    super(description);
    this.condition = condition;
    this.statusCode = statusCode;
  }

  /** The form of a link, a disposition or a connection. */
  toAmqp(): AmqpError {
    return { condition: this.condition, description: this.message };
  }
}

/** Says that this broker leaves a Service Bus feature out on purpose. */
export function notOffered(feature: string): AmqpFailure {
  return new AmqpFailure(
    'amqp:not-implemented',
    501,
    `${feature}: not offered by the local Service Bus broker (local/service-bus/README.md lists what is)`,
  );
}

/** The SDK recognises this wording (MessagingEntityNotFound). */
export function entityNotFound(address: string): AmqpFailure {
  return new AmqpFailure(
    'amqp:not-found',
    404,
    `The messaging entity '${address}' could not be found. Queues of the local broker stand in its queues file.`,
  );
}

export function lockLost(): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:message-lock-lost',
    410,
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  );
}

export function messageNotFound(sequence: number): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:message-not-found',
    404,
    `No scheduled message has the sequence number ${sequence}.`,
  );
}

export function messageTooLarge(sizeBytes: number, limitBytes: number): AmqpFailure {
  return new AmqpFailure(
    'amqp:link:message-size-exceeded',
    403,
    `The message has ${sizeBytes} bytes; the limit is ${limitBytes} bytes.`,
  );
}

/** The SDK waits a moment and sends again (ServiceBusy). */
export function serverBusy(): AmqpFailure {
  return new AmqpFailure('com.microsoft:server-busy', 503, 'The server is busy. Please retry the operation.');
}

export function invalidRequest(description: string): AmqpFailure {
  return new AmqpFailure('com.microsoft:argument-error', 400, description);
}

export function notAllowed(description: string): AmqpFailure {
  return new AmqpFailure('amqp:not-allowed', 400, description);
}

export function malformedMessage(description: string): AmqpFailure {
  return new AmqpFailure('amqp:decode-error', 400, `The message cannot be read: ${description}.`);
}
