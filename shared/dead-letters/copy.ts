import { createHash } from 'node:crypto';
import type { CopyEdits, StandingMessage } from '../messaging/index.ts';
import type { Place } from './places.ts';

/** The id under which the sender sent a message that was resubmitted since; absent on one that was not. */
export const ORIGINAL_ID = 'OriginalMessageId';

/** What a queue, or the product, noted when it refused the message; the copy is not refused yet. */
const BOOKKEEPING = new Set(['DeadLetterReason', 'DeadLetterErrorDescription', 'SourceQueue']);

/** Service Bus takes ids of 128 characters. */
const MAX_MESSAGE_ID = 128;

/**
 * How the copy differs from the message. Its id is new, for duplicate detection would drop the old one inside its window without a
 * word, and the same for every copy of this message, so that a repetition after a crash does not double it.
 */
export function copyEdits(
  message: Pick<StandingMessage, 'messageId' | 'sequenceNumber' | 'applicationProperties'>,
  { idMark }: Pick<Place, 'idMark'>,
): CopyEdits {
  const noted = message.applicationProperties[ORIGINAL_ID];
  const original = typeof noted === 'string' ? noted : message.messageId;
  const suffix = `~${idMark}${message.sequenceNumber}`;
  const fits = original.length + suffix.length <= MAX_MESSAGE_ID;
  return {
    messageId: `${fits ? original : createHash('sha256').update(original).digest('hex')}${suffix}`,
    without: BOOKKEEPING,
    adding: { [ORIGINAL_ID]: original },
  };
}
