import { z } from 'zod';
import {
  type DeadLetterDeps,
  discard,
  listDeadLetters,
  queues,
  readDeadLetter,
  resubmit,
} from '../../shared/dead-letters/index.ts';
import { deadLetter, settledDeadLetter } from '../../shared/dead-letters/contracts.ts';
import { type Route, defineRoute, page, pageOf, skipToken, text, top } from '../../shared/http/index.ts';

const queue = z.enum(queues);
/** Positive, 64 bits with sign. */
const digits = z.string().regex(/^\d{1,18}$/, 'must be the sequence number of a message');
const params = z.strictObject({ queue, sequenceNumber: digits.transform((number) => BigInt(number)) });
const body = z.strictObject({ reason: text(1000, { multiline: true }) });
const facts = { tags: ['Dead letters'], access: { roles: ['Mcms.Operator'] } } as const;
const missing = { 404: 'There is no such message (any more).' };

/** Messages that nobody takes any more: looking at them, putting them back, discarding them. */
export function deadLetterRoutes(deps: DeadLetterDeps): Route[] {
  return [
    defineRoute({
      ...facts,
      name: 'dead-letters-list',
      method: 'GET',
      path: 'dead-letters',
      operation: 'dead-letter.read',
      summary: 'List dead-lettered and rejected messages, oldest first',
      description: 'Looking locks nothing. Long bodies are cut; read one message for more of it.',
      query: z.strictObject({
        queue: queue.optional(),
        top: top(200, 50),
        skipToken: skipToken(z.strictObject({ place: z.int().min(0), from: digits })).optional(),
      }),
      responses: { 200: { description: 'A page of messages', schema: pageOf(deadLetter) } },
      async handler({ query: { top: count, skipToken: after, queue: wanted }, request }) {
        const found = await listDeadLetters(deps, { queue: wanted, top: count, after });
        return { status: 200, body: page(request.url, found) };
      },
    }),
    defineRoute({
      ...facts,
      name: 'dead-letters-get',
      method: 'GET',
      path: 'dead-letters/{queue}/{sequenceNumber}',
      operation: 'dead-letter.read',
      summary: 'Read a dead-lettered or rejected message',
      params,
      responses: { 200: { description: 'The message', schema: deadLetter } },
      problems: missing,
      handler: async ({ params: wanted }) => ({ status: 200, body: await readDeadLetter(deps, wanted) }),
    }),
    defineRoute({
      ...facts,
      name: 'dead-letters-resubmit',
      method: 'POST',
      path: 'dead-letters/{queue}/{sequenceNumber}/resubmit',
      operation: 'dead-letter.resubmit',
      summary: 'Put a message back on its queue',
      description:
        'Body and all properties stay as they are, but for a new messageId; the former one stands in `OriginalMessageId`.',
      params,
      body,
      responses: { 200: { description: 'The message is back on its queue', schema: settledDeadLetter } },
      problems: { ...missing, 409: 'Somebody else holds the message, or it names no queue to go back to.' },
      handler: async ({ params: wanted, body: { reason }, principal, traceId }) => ({
        status: 200,
        body: await resubmit(deps, { ...wanted, reason, principal, traceId }),
      }),
    }),
    defineRoute({
      ...facts,
      name: 'dead-letters-discard',
      method: 'POST',
      path: 'dead-letters/{queue}/{sequenceNumber}/discard',
      operation: 'dead-letter.resubmit',
      summary: 'Remove a message for good',
      description: 'The journal of operators keeps its identity and the SHA-256 of all its bytes.',
      params,
      body,
      responses: { 200: { description: 'The message is gone', schema: settledDeadLetter } },
      problems: { ...missing, 409: 'Somebody else holds the message.' },
      handler: async ({ params: wanted, body: { reason }, principal, traceId }) => ({
        status: 200,
        body: await discard(deps, { ...wanted, reason, principal, traceId }),
      }),
    }),
  ];
}
