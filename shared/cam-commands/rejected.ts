import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { QueueSender } from '../messaging/index.ts';
import { createLogger } from '../telemetry/index.ts';

export const REJECTED_QUEUE = 'esprit-rejected';
/** Service Bus takes 64 KiB of application properties in all. */
const MAX_DESCRIPTION = 2000;
const log = createLogger('cam-commands');

export interface Rejection {
  /** The body as it came. */
  readonly body: unknown;
  readonly sourceQueue: string;
  readonly reason: string;
  readonly description: string;
  readonly messageId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/**
 * Puts a message that can never succeed where an operator finds it, with the reason. Throws when the queue does not take it, so
 * that the caller keeps the original.
 */
export async function rejectMessage(sender: QueueSender, rejection: Rejection): Promise<void> {
  log.warn('a message is rejected', { sourceQueue: rejection.sourceQueue, reason: rejection.reason });
  await sender.send(REJECTED_QUEUE, {
    body: rejection.body,
    messageId: rejection.messageId ?? randomUUID(),
    ...(rejection.traceparent ? { traceparent: rejection.traceparent } : {}),
    applicationProperties: {
      DeadLetterReason: rejection.reason,
      DeadLetterErrorDescription: rejection.description.slice(0, MAX_DESCRIPTION),
      SourceQueue: rejection.sourceQueue,
    },
  });
}

/** What is wrong with a message, field by field, in one line. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');
}
