import rhea from 'rhea';
import { z } from 'zod';
import type { Entity } from '../entity.ts';
import type { SettleResult } from '../queue/types.ts';
import { readMessage } from './content.ts';
import {
  entityNotFound,
  invalidRequest,
  lockLost,
  messageNotFound,
  messageTooLarge,
  notAllowed,
  notOffered,
} from './errors.ts';
import { tokenOfUuid } from './lock-token.ts';
import { MAX_MESSAGE_BYTES, readOrRefuse } from './producer-link.ts';

/** The answer to a management request; the body is an AMQP map. */
export interface ManagementAnswer {
  readonly statusCode: 200 | 204;
  readonly body: Record<string, unknown>;
}

type Operation = (entity: Entity, body: unknown) => ManagementAnswer;

const bytes = z.instanceof(Buffer);
const sequence = z.number().int();
const lockTokens = z.array(bytes.refine((uuid) => uuid.length === 16));
const requests = {
  renew: z.object({ 'lock-tokens': lockTokens }),
  peek: z.object({ 'from-sequence-number': sequence, 'message-count': z.int().min(1) }),
  schedule: z.object({ messages: z.array(z.object({ message: bytes })) }),
  cancel: z.object({ 'sequence-numbers': z.array(sequence) }),
  settle: z.object({
    'lock-tokens': lockTokens,
    'disposition-status': z.string(),
    'deadletter-reason': z.string().nullish(),
    'deadletter-description': z.string().nullish(),
    'properties-to-modify': z.record(z.string(), z.unknown()).nullish(),
  }),
};

/** AMQP type codes for arrays. */
const LONG = 0x81;
const TIMESTAMP = 0x83;
const EMPTY: ManagementAnswer = { statusCode: 200, body: {} };

/**
 * Carries out a request to `<queue>/$management` (operations and fields: Microsoft's "AMQP 1.0 in Azure Service Bus:
 * request-response-based operations"). Throws AmqpFailure.
 */
export function manage(entity: Entity, operation: string, body: unknown): ManagementAnswer {
  const name = operation.replace(/^com\.microsoft:/, '');
  const handler = OPERATIONS.get(name);
  if (!handler) throw notOffered(`The operation "${operation}"`);
  return handler(entity, body);
}

const OPERATIONS = new Map<string, Operation>([
  ['renew-lock', renewLocks],
  ['peek-message', peek],
  ['schedule-message', schedule],
  ['cancel-scheduled-message', cancelScheduled],
  ['update-disposition', updateDisposition],
]);

function renewLocks(entity: Entity, body: unknown): ManagementAnswer {
  const request = parse(requests.renew, body);
  const expirations = request['lock-tokens'].map((uuid) => {
    const untilMs = entity.queue.renew(tokenOfUuid(uuid), entity.nowMs());
    if (untilMs === undefined) throw lockLost();
    return untilMs;
  });
  return answer({ expirations: rhea.types.wrap_array(expirations, TIMESTAMP, undefined) });
}

/** Shows messages in order without locking them, as many as fit one message of the largest size. */
function peek(entity: Entity, body: unknown): ManagementAnswer {
  const request = parse(requests.peek, body);
  entity.queue.advance(entity.nowMs());
  const found = entity.store.sequencesFrom(request['from-sequence-number'], request['message-count']);
  const messages: { message: Buffer }[] = [];
  let sizeBytes = 0;
  for (const number of found) {
    const state = entity.queue.get(number);
    const message = state && entity.encode(state);
    if (!message) continue;
    sizeBytes += message.length;
    if (messages.length > 0 && sizeBytes > MAX_MESSAGE_BYTES) break;
    messages.push({ message });
  }
  return messages.length === 0 ? { statusCode: 204, body: {} } : answer({ messages });
}

function schedule(entity: Entity, body: unknown): ManagementAnswer {
  const request = parse(requests.schedule, body);
  refuseDeadLetterQueue(entity);
  const messages = request.messages.map(({ message }) => {
    if (message.length > MAX_MESSAGE_BYTES) throw messageTooLarge(message.length, MAX_MESSAGE_BYTES);
    return readOrRefuse(() => readMessage(message));
  });
  const nowMs = entity.nowMs();
  const sequences = messages.map((message) => entity.queue.enqueue(message, nowMs).sequence);
  return answer({ 'sequence-numbers': rhea.types.wrap_array(sequences, LONG, undefined) });
}

function cancelScheduled(entity: Entity, body: unknown): ManagementAnswer {
  const request = parse(requests.cancel, body);
  for (const number of request['sequence-numbers'])
    if (!entity.queue.cancelScheduled(number, entity.nowMs())) throw messageNotFound(number);
  return EMPTY;
}

/** Settles messages whose receiver link is gone. */
function updateDisposition(entity: Entity, body: unknown): ManagementAnswer {
  const request = parse(requests.settle, body);
  for (const uuid of request['lock-tokens']) {
    const result = settle(entity, tokenOfUuid(uuid), request);
    if (result === 'lock-lost') throw lockLost();
    if (result === 'not-allowed')
      throw notAllowed('A message of a dead-letter queue cannot be dead-lettered.');
  }
  return EMPTY;
}

function settle(entity: Entity, token: string, request: z.infer<typeof requests.settle>): SettleResult {
  const nowMs = entity.nowMs();
  const properties = request['properties-to-modify'] ?? {};
  switch (request['disposition-status']) {
    case 'completed':
      return entity.queue.complete(token, nowMs);
    case 'abandoned':
      return entity.queue.abandon(token, nowMs, properties);
    case 'suspended':
      return entity.queue.deadLetter(token, nowMs, {
        reason: request['deadletter-reason'] ?? undefined,
        description: request['deadletter-description'] ?? undefined,
        properties,
      });
    default:
      throw notOffered(`The disposition "${request['disposition-status']}"`);
  }
}

function answer(body: Record<string, unknown>): ManagementAnswer {
  return { statusCode: 200, body };
}

function refuseDeadLetterQueue(entity: Entity): void {
  if (entity.isDeadLetterQueue) throw entityNotFound(entity.address);
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(`the request is not usable: ${z.prettifyError(parsed.error)}`);
}
