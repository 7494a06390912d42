import type { Principal } from '../auth/index.ts';
import type { Database } from '../data/index.ts';
import { changeBy } from '../history/index.ts';
import type { DeadLetters, HeldMessage, StandingMessage } from '../messaging/index.ts';
import { type ActionFacts, recordAction } from '../operator-actions/index.ts';
import type { Clock } from '../time/clock.ts';
import type { DeadLetter, SettledDeadLetter } from './contracts.ts';
import { copyEdits } from './copy.ts';
import { DeadLetterError } from './errors.ts';
import { type Place, type QueueName, placesOf, sourceOf } from './places.ts';
import { commandIdOf, deadLetterView } from './view.ts';

/** What one message of a list, and one read alone, shows of its body, bytes. */
const BODY_IN_LIST = 8 * 1024;
const BODY_ALONE = 256 * 1024;
const MAX_DESCRIPTION = 500;

export interface DeadLetterDeps {
  readonly database: Database;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
}

/** Where a list goes on: the place, counted in the order of listing, and the next number there. */
export interface DeadLetterPosition {
  readonly place: number;
  readonly from: string;
}

export interface Settlement {
  readonly queue: QueueName;
  readonly sequenceNumber: bigint;
  readonly reason: string;
  readonly principal: Principal;
  readonly traceId?: string | undefined;
}

/** Messages of one queue, or of all, that nobody takes any more. Oldest first in each place. */
export async function listDeadLetters(
  { deadLetters }: DeadLetterDeps,
  {
    queue,
    top,
    after,
  }: { queue?: QueueName | undefined; top: number; after?: DeadLetterPosition | undefined },
): Promise<{ value: DeadLetter[]; next?: DeadLetterPosition }> {
  const value: DeadLetter[] = [];
  let from = BigInt(after?.from ?? 0);
  for (const [index, place] of placesOf(queue).entries()) {
    if (index < (after?.place ?? 0)) continue;
    for (;;) {
      // One more than is shown tells whether there is a next page.
      const found = await deadLetters.peek(place.address, { from, count: top + 1 - value.length });
      for (const message of found) {
        if (value.length === top)
          return { value, next: { place: index, from: String(message.sequenceNumber) } };
        value.push(deadLetterView(place, message, BODY_IN_LIST));
        from = message.sequenceNumber + 1n;
      }
      if (found.length === 0) break;
    }
    from = 0n;
  }
  return { value };
}

/** @throws {DeadLetterError} dead-letter-not-found */
export async function readDeadLetter(
  { deadLetters }: DeadLetterDeps,
  wanted: { queue: QueueName; sequenceNumber: bigint },
): Promise<DeadLetter> {
  const { place, message } = await find(deadLetters, wanted);
  return deadLetterView(place, message, BODY_ALONE);
}

/**
 * Puts a message back on the queue it came from, with all its properties. The copy is sent, then noted in the journal, then the message
 * is removed: a crash in between loses nothing, and a repetition sends a copy of the same id.
 * @throws {DeadLetterError} dead-letter-not-found, dead-letter-source-unknown
 */
export async function resubmit(deps: DeadLetterDeps, settlement: Settlement): Promise<SettledDeadLetter> {
  return settle(deps, settlement, async ({ place, message, held, record }) => {
    const target = sourceOf(place.queue, message.applicationProperties);
    if (!target) throw new DeadLetterError('dead-letter-source-unknown');
    const edits = copyEdits(message, place);
    await held.copyTo(target, edits);
    await record('MessageResubmitted', { queue: target, messageId: edits.messageId });
    return { resubmittedTo: target, messageId: edits.messageId };
  });
}

/**
 * Removes a message for good; the journal keeps who it was and the digest of all its bytes.
 * @throws {DeadLetterError} dead-letter-not-found
 */
export async function discard(deps: DeadLetterDeps, settlement: Settlement): Promise<SettledDeadLetter> {
  return settle(deps, settlement, async ({ message, record }) => {
    await record('MessageDiscarded', undefined);
    return { resubmittedTo: null, messageId: message.messageId };
  });
}

interface Work {
  readonly place: Place;
  readonly message: StandingMessage;
  readonly held: HeldMessage;
  readonly record: (
    action: ActionFacts['action'],
    after: Readonly<Record<string, unknown>> | undefined,
  ) => Promise<void>;
}

async function settle(
  deps: DeadLetterDeps,
  settlement: Settlement,
  work: (work: Work) => Promise<Pick<SettledDeadLetter, 'resubmittedTo' | 'messageId'>>,
): Promise<SettledDeadLetter> {
  const { place, message } = await find(deps.deadLetters, settlement);
  const { queue, sequenceNumber, reason, principal, traceId } = settlement;
  const settled = await deps.deadLetters.withMessage(place.address, sequenceNumber, async (held) => {
    const result = await work({
      place,
      message,
      held,
      record: (action, after) =>
        deps.database.transaction((trx) =>
          recordAction(trx, changeBy(principal, { at: deps.clock.now(), traceId, comment: reason }), {
            action,
            subject: `${place.address} ${sequenceNumber}`,
            commandId: commandIdOf(message.body),
            previousValue: JSON.stringify(identityOf(place, message, held)),
            currentValue: after && JSON.stringify(after),
          }),
        ),
    });
    await held.remove();
    return result;
  });
  if (!settled) throw new DeadLetterError('dead-letter-not-found');
  return { queue, sequenceNumber: String(sequenceNumber), ...settled };
}

async function find(
  deadLetters: DeadLetters,
  { queue, sequenceNumber }: { queue: QueueName; sequenceNumber: bigint },
): Promise<{ place: Place; message: StandingMessage }> {
  for (const place of placesOf(queue)) {
    const [message] = await deadLetters.peek(place.address, { from: sequenceNumber, count: 1 });
    if (message?.sequenceNumber === sequenceNumber) return { place, message };
  }
  throw new DeadLetterError('dead-letter-not-found');
}

/** What the journal keeps of a message. */
function identityOf({ address }: Place, message: StandingMessage, held: HeldMessage) {
  return {
    queue: address,
    messageId: message.messageId,
    enqueuedAt: message.enqueuedAt.toISOString(),
    deliveryCount: message.deliveryCount,
    reason: message.deadLetterReason ?? null,
    sizeBytes: held.sizeBytes,
    sha256: held.digest,
    description: message.deadLetterErrorDescription?.slice(0, MAX_DESCRIPTION) ?? null,
  };
}
