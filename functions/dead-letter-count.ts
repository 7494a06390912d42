import type { DeadLetters, StandingMessage } from '../shared/messaging/index.ts';
import type { DeadLetterCount, QueueTrouble } from '../shared/notifications/index.ts';
import type { Clock } from '../shared/time/clock.ts';

/** A bell that rang too often is harmless: nobody need be told of those of `esprit-dispatch`. */
const ADDRESSES = [
  ...['esprit-commands', 'esprit-results', 'file-verification'].map(
    (queue) => [queue, `${queue}/$DeadLetterQueue`] as const,
  ),
  ['esprit-rejected', 'esprit-rejected'] as const,
];
const PAGE = 100;
/** Pages from the oldest message on, and as many from the highest number seen on: so much a look costs at most. */
const MOST_PAGES = 10;
/** A count is good for this long: more often would cost operations of Service Bus and tell nothing sooner. */
const COUNT_EVERY_MS = 60_000;

/** What is known of a queue from the looks before. */
interface Memory {
  /** Numbers of all messages ever seen that may still be there. */
  readonly known: ReadonlySet<bigint>;
  readonly arrived: QueueTrouble['arrived'];
}

/** Counts by peeking, which changes nothing and needs no more than the right to receive. */
export function createDeadLetterCount(deadLetters: Pick<DeadLetters, 'peek'>, clock: Clock): DeadLetterCount {
  const memories = new Map<string, Memory>();
  let counted: { readonly atMs: number; readonly troubles: readonly QueueTrouble[] } | undefined;

  async function pages(address: string, from: bigint): Promise<StandingMessage[]> {
    const messages: StandingMessage[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const next = (messages.at(-1)?.sequenceNumber ?? from - 1n) + 1n;
      const more = await deadLetters.peek(address, { from: next, count: PAGE });
      if (more.length === 0) return messages;
      messages.push(...more);
    }
    return messages;
  }

  async function count([queue, address]: (typeof ADDRESSES)[number]): Promise<QueueTrouble> {
    const before = memories.get(queue);
    const oldest = await pages(address, 0n);
    const last = highestOf(before?.known ?? [], oldest.at(-1)?.sequenceNumber ?? 0n);
    const messages = [...oldest, ...(await pages(address, last + 1n))];
    const memory = remember(before, messages, clock.now());
    memories.set(queue, memory);
    return troubleOf(queue, messages, memory);
  }

  return {
    async countDeadLetters() {
      const nowMs = clock.now().getTime();
      if (counted && nowMs >= counted.atMs && nowMs - counted.atMs < COUNT_EVERY_MS) return counted.troubles;
      const troubles = await Promise.all(ADDRESSES.map(count));
      counted = { atMs: nowMs, troubles };
      return troubles;
    },
  };
}

/** What was not known has come since; those below the oldest that is there are gone for good, or will be new. */
function remember(before: Memory | undefined, messages: readonly StandingMessage[], now: Date): Memory {
  const numbers = messages.map(({ sequenceNumber }) => sequenceNumber);
  const [first] = numbers;
  const kept = first === undefined ? [] : [...(before?.known ?? [])].filter((number) => number >= first);
  const fresh = before ? numbers.filter((number) => !before.known.has(number)).length : 0;
  return {
    known: new Set([...kept, ...numbers]),
    arrived: fresh > 0 ? { count: fresh, at: now.toISOString() } : before?.arrived,
  };
}

function troubleOf(queue: string, messages: readonly StandingMessage[], { arrived }: Memory): QueueTrouble {
  const newest = messages.reduce<StandingMessage | undefined>(
    (last, message) => (last && last.enqueuedAt > message.enqueuedAt ? last : message),
    undefined,
  );
  const reason = newest?.deadLetterReason ?? newest?.applicationProperties['DeadLetterReason'];
  return {
    queue,
    numbers: messages.map(({ sequenceNumber }) => Number(sequenceNumber)),
    arrived,
    newest: newest?.enqueuedAt.toISOString() ?? null,
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

function highestOf(numbers: Iterable<bigint>, start: bigint): bigint {
  let highest = start;
  for (const number of numbers) if (number > highest) highest = number;
  return highest;
}
