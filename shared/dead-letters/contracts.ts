import { z } from 'zod';
import { timestamp } from '../http/fields.ts';

/** How `body` shows what the message holds. `amqp`: a body that is no bytes, as far as JSON can show it. */
export const bodyFormats = ['json', 'text', 'base64', 'amqp'] as const;

/** A message that no function and no agent will take any more, until an operator does something about it. */
export const deadLetter = z
  .strictObject({
    queue: z.string(),
    /** A 64-bit number, as text. */
    sequenceNumber: z.string(),
    messageId: z.string(),
    enqueuedAt: timestamp(),
    reason: z.string().nullable(),
    description: z.string().nullable(),
    /** Where it goes back to when it is resubmitted; null when that is not known. */
    sourceQueue: z.string().nullable(),
    deliveryCount: z.int().min(0),
    commandId: z.uuid().nullable(),
    contentType: z.string().nullable(),
    bodyFormat: z.enum(bodyFormats),
    bodyBytes: z.int().min(0),
    /** The body is longer than what is shown of it. */
    bodyTruncated: z.boolean(),
    body: z.unknown(),
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof deadLetter>;

/** What became of a message. */
export const settledDeadLetter = z
  .strictObject({
    queue: z.string(),
    sequenceNumber: z.string(),
    /** Set when it was resubmitted: where it now is, and under which id. */
    resubmittedTo: z.string().nullable(),
    messageId: z.string(),
  })
  .meta({ id: 'SettledDeadLetter' });
export type SettledDeadLetter = z.infer<typeof settledDeadLetter>;
