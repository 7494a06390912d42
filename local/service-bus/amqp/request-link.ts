import rhea from 'rhea';
import type { Connection, EventContext, Message, Receiver, Sender } from 'rhea';
import type { Turn } from '../turn.ts';
import { asRecord } from './content.ts';
import { AmqpFailure, invalidRequest } from './errors.ts';
import { rejectIncoming } from './rhea-internals.ts';

/** A request as it came: the operation's name and its body. */
export type RequestHandler = (
  operation: string,
  body: unknown,
) => {
  readonly statusCode: number;
  readonly body: Record<string, unknown>;
};

/**
 * Answers requests (`$cbs`, `<queue>/$management`) on the link that they name in `reply_to`, once what they changed is
 * durable. An AmqpFailure becomes a response with its status code and condition.
 */
export function serveRequests(receiver: Receiver, handle: RequestHandler, turn: Turn): void {
  receiver.on('message', ({ message, delivery, connection }: EventContext) => {
    if (!delivery) return;
    try {
      const request = decode(message as unknown as Buffer);
      const replyLink = findReplyLink(connection, request['reply_to']);
      const response = respond(request, handle);
      turn.afterCommit(() => {
        delivery.accept();
        if (replyLink.is_open()) replyLink.send(response);
      });
    } catch (error) {
      if (!(error instanceof AmqpFailure)) return turn.fail(error);
      turn.afterCommit(() => rejectIncoming(delivery, error.toAmqp()));
    }
  });
}

function decode(payload: Buffer): Record<string, unknown> {
  try {
    return rhea.message.decode(payload);
  } catch (error) {
    throw invalidRequest(`the request cannot be decoded: ${String(error)}`);
  }
}

/** `reply_to` is the address of the client's receiving link (management) or the link's name (CBS). */
function findReplyLink(connection: Connection, replyTo: unknown): Sender {
  const link = connection.find_sender(
    (sender: Sender) => sender.name === replyTo || sender.target?.address === replyTo,
  );
  if (typeof replyTo !== 'string' || !link) throw invalidRequest('reply_to names no link of this connection');
  return link;
}

function respond(request: Record<string, unknown>, handle: RequestHandler): Message {
  const operation = asRecord(request['application_properties'])['operation'];
  try {
    if (typeof operation !== 'string') throw invalidRequest('the request names no operation');
    const { statusCode, body } = handle(operation, request['body']);
    return response(request, { statusCode, description: 'OK', body });
  } catch (error) {
    if (!(error instanceof AmqpFailure)) throw error;
    const { statusCode, condition, message } = error;
    return response(request, { statusCode, description: message, condition, body: {} });
  }
}

interface Answer {
  readonly statusCode: number;
  readonly description: string;
  readonly condition?: string;
  readonly body: Record<string, unknown>;
}

/** Service Bus spells the status differently for CBS (`status-code`) and management (`statusCode`); both stand here. */
function response(
  request: Record<string, unknown>,
  { statusCode, description, condition, body }: Answer,
): Message {
  const code = rhea.types.wrap_int(statusCode);
  return {
    correlation_id: request['message_id'] as string,
    application_properties: {
      statusCode: code,
      'status-code': code,
      statusDescription: description,
      'status-description': description,
      ...(condition !== undefined && {
        errorCondition: rhea.types.wrap_symbol(condition),
        'error-condition': rhea.types.wrap_symbol(condition),
      }),
    },
    body,
  };
}
