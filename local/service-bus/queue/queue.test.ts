import { describe, expect, it } from '@jest/globals';
import { Queue } from './queue.ts';
import type { Journal, NewMessage, QueueRules, SettleResult } from './types.ts';

const RULES: QueueRules = {
  lockDurationMs: 30_000,
  maxDeliveryCount: 3,
  duplicateWindowMs: undefined,
  defaultTimeToLiveMs: undefined,
  deadLetterOnExpiry: true,
};

/** A queue with its dead-letter queue, and everything that they recorded. */
function openQueue(rules: Partial<QueueRules> = {}) {
  const log: string[] = [];
  const seen = new Map<string, number>();
  const journal = (name: string): Journal<string> => ({
    added: (message, content) => log.push(`${name} added ${message.sequence} ${content}`),
    delivered: (message) => log.push(`${name} delivered ${message.sequence} times ${message.deliveries}`),
    propertiesChanged: (message) => log.push(`${name} changed ${message.sequence}`),
    activated: (message, former) => log.push(`${name} activated ${former} as ${message.sequence}`),
    removed: (message) => log.push(`${name} removed ${message.sequence}`),
    deadLettered: (message, cause) => log.push(`${name} dead-lettered ${message.sequence} ${cause.reason}`),
    sequenceReached: () => undefined,
    remember(messageId, nowMs, sinceMs) {
      if ((seen.get(messageId) ?? Number.NEGATIVE_INFINITY) > sinceMs) return false;
      seen.set(messageId, nowMs);
      return true;
    },
  });
  let tokens = 0;
  const common = { nextSequence: 1, newLockToken: () => `t${++tokens}`, onReady: () => undefined };
  const deadLetterQueue = new Queue<string>({
    ...common,
    rules: { ...RULES, maxDeliveryCount: Number.POSITIVE_INFINITY },
    journal: journal('dlq'),
  });
  const queue = new Queue<string>({
    ...common,
    rules: { ...RULES, ...rules },
    journal: journal('queue'),
    deadLetterQueue,
  });
  return { queue, deadLetterQueue, log };
}

function message(content: string, rest: Partial<NewMessage<string>> = {}): NewMessage<string> {
  return { messageId: undefined, timeToLiveMs: undefined, scheduledForMs: undefined, content, ...rest };
}

/** Takes the next message and returns its number and token. */
function take(queue: Queue<string>, nowMs: number): { sequence: number; token: string } {
  const taken = queue.take(nowMs);
  if (!taken?.lock) throw new Error('nothing was ready');
  return { sequence: taken.sequence, token: taken.lock.token };
}

describe('order and locks', () => {
  it('hands out messages in order, each to one taker', () => {
    const { queue } = openQueue();
    for (const content of ['a', 'b', 'c']) queue.enqueue(message(content), 0);
    expect([take(queue, 0).sequence, take(queue, 0).sequence, take(queue, 0).sequence]).toEqual([1, 2, 3]);
    expect(queue.take(0)).toBeUndefined();
  });

  it('records an insert, a delivery and a removal before it answers', () => {
    const { queue, log } = openQueue();
    queue.enqueue(message('a'), 0);
    queue.complete(take(queue, 0).token, 0);
    expect(log).toEqual(['queue added 1 a', 'queue delivered 1 times 1', 'queue removed 1']);
  });

  it('puts a message back in its old place when it is abandoned or its lock ends', () => {
    const { queue } = openQueue();
    for (const content of ['a', 'b', 'c']) queue.enqueue(message(content), 0);
    const first = take(queue, 0);
    take(queue, 10);
    queue.abandon(first.token, 20);
    expect(take(queue, 20).sequence).toBe(1);
    queue.advance(30_010);
    expect([take(queue, 30_010).sequence, take(queue, 30_010).sequence]).toEqual([2, 3]);
  });

  it.each<[string, (queue: Queue<string>, token: string) => SettleResult]>([
    ['complete', (queue, token) => queue.complete(token, 30_000)],
    ['abandon', (queue, token) => queue.abandon(token, 30_000)],
    ['dead-letter', (queue, token) => queue.deadLetter(token, 30_000, { reason: 'r', description: 'd' })],
  ])('refuses to %s once the lock has ended', (_name, settle) => {
    const { queue } = openQueue();
    queue.enqueue(message('a'), 0);
    expect(settle(queue, take(queue, 0).token)).toBe('lock-lost');
    expect(queue.size).toBe(1);
  });

  it('holds a lock for as long as it is renewed', () => {
    const { queue } = openQueue();
    queue.enqueue(message('a'), 0);
    const { token } = take(queue, 0);
    expect(queue.renew(token, 29_999)).toBe(59_999);
    queue.advance(59_998);
    expect(queue.take(59_998)).toBeUndefined();
    expect(queue.renew(token, 59_999)).toBeUndefined();
    expect(take(queue, 59_999).sequence).toBe(1);
  });

  it('settles a message once', () => {
    const { queue } = openQueue();
    queue.enqueue(message('a'), 0);
    const { token } = take(queue, 0);
    expect([queue.complete(token, 0), queue.complete(token, 0)]).toEqual(['done', 'lock-lost']);
  });
});

describe('deliveries and the dead-letter queue', () => {
  it('dead-letters after the last delivery, counting locks that ended', () => {
    const { queue, deadLetterQueue, log } = openQueue({ maxDeliveryCount: 2 });
    queue.enqueue(message('a'), 0);
    queue.abandon(take(queue, 0).token, 0);
    take(queue, 0);
    queue.advance(30_000);
    expect(log.at(-1)).toBe('queue dead-lettered 1 MaxDeliveryCountExceeded');
    expect([queue.size, deadLetterQueue.size]).toEqual([0, 1]);
    expect(deadLetterQueue.take(30_000)).toMatchObject({ sequence: 1, deliveries: 3 });
  });

  it('never dead-letters or expires what is dead-lettered', () => {
    const { queue, deadLetterQueue } = openQueue();
    queue.enqueue(message('a', { timeToLiveMs: 1_000 }), 0);
    queue.advance(1_000);
    for (let times = 0; times < 10; times++) {
      const { token } = take(deadLetterQueue, 2_000);
      expect(deadLetterQueue.deadLetter(token, 2_000, { reason: 'r', description: 'd' })).toBe('not-allowed');
      expect(deadLetterQueue.abandon(token, 2_000)).toBe('done');
    }
    expect(deadLetterQueue.size).toBe(1);
  });
});

describe('time to live', () => {
  it('takes the shorter of the message’s and the queue’s', () => {
    const { queue } = openQueue({ defaultTimeToLiveMs: 5_000, deadLetterOnExpiry: false });
    queue.enqueue(message('own', { timeToLiveMs: 1_000 }), 0);
    queue.enqueue(message('queue', { timeToLiveMs: 9_000 }), 0);
    queue.advance(1_000);
    expect(queue.size).toBe(1);
    expect(queue.nextDeadlineMs()).toBe(5_000);
    queue.advance(5_000);
    expect([queue.size, queue.nextDeadlineMs()]).toEqual([0, undefined]);
  });

  it('spares a locked message until its lock ends', () => {
    const { queue, log } = openQueue();
    queue.enqueue(message('a', { timeToLiveMs: 1_000 }), 0);
    take(queue, 0);
    queue.advance(29_999);
    expect(queue.size).toBe(1);
    queue.advance(30_000);
    expect(log.at(-1)).toBe('queue dead-lettered 1 TTLExpiredException');
  });
});

describe('scheduled messages', () => {
  it('become active at their time under a new number, behind what came before', () => {
    const { queue, log } = openQueue();
    const { sequence } = queue.enqueue(message('later', { scheduledForMs: 100 }), 0);
    queue.enqueue(message('now'), 50);
    expect(queue.nextDeadlineMs()).toBe(100);
    expect(take(queue, 100).sequence).toBe(2);
    expect(take(queue, 100).sequence).toBe(3);
    expect(log).toContain(`queue activated ${sequence} as 3`);
  });

  it('are active at once when their time is past', () => {
    const { queue } = openQueue();
    queue.enqueue(message('a', { scheduledForMs: 10 }), 10);
    expect(take(queue, 10).sequence).toBe(1);
  });

  it('can be cancelled until then', () => {
    const { queue } = openQueue();
    const { sequence } = queue.enqueue(message('a', { scheduledForMs: 100 }), 0);
    expect([queue.cancelScheduled(sequence, 50), queue.cancelScheduled(sequence, 50)]).toEqual([true, false]);
    queue.enqueue(message('b', { scheduledForMs: 100 }), 0);
    expect(queue.cancelScheduled(2, 100)).toBe(false);
  });
});

describe('duplicates', () => {
  it('are dropped within the window, which the first message starts', () => {
    const { queue } = openQueue({ duplicateWindowMs: 1_000 });
    const send = (nowMs: number): boolean =>
      queue.enqueue(message('a', { messageId: 'same' }), nowMs).duplicate;
    expect([send(0), send(999), send(1_000), send(1_500)]).toEqual([false, true, false, true]);
    expect(queue.enqueue(message('b'), 0).duplicate).toBe(false);
  });
});

describe('after a restart', () => {
  const stored = { enqueuedAtMs: 0, timeToLiveMs: undefined, scheduledForMs: undefined, deliveries: 0 };

  it('delivers what was stored, in order, and counts on', () => {
    const { queue } = openQueue();
    queue.restore({ ...stored, sequence: 7, deliveries: 2 });
    queue.restore({ ...stored, sequence: 4 });
    expect(take(queue, 0).sequence).toBe(4);
    expect(queue.take(0)).toMatchObject({ sequence: 7, deliveries: 3 });
  });

  it('dead-letters what was locked for its last delivery, and does what fell due meanwhile', () => {
    const { queue, log } = openQueue();
    queue.restore({ ...stored, sequence: 1, deliveries: 3 });
    queue.restore({ ...stored, sequence: 2, timeToLiveMs: 10 });
    queue.restore({ ...stored, sequence: 3, scheduledForMs: 10 });
    queue.advance(20);
    expect(log).toEqual([
      'queue dead-lettered 1 MaxDeliveryCountExceeded',
      'queue dead-lettered 2 TTLExpiredException',
      'queue activated 3 as 1',
    ]);
  });
});

describe('cost', () => {
  it('keeps no trace of messages that are gone', () => {
    const { queue } = openQueue({ defaultTimeToLiveMs: 86_400_000 });
    for (let n = 0; n < 10_000; n++) {
      queue.enqueue(message('a'), n);
      queue.complete(take(queue, n).token, n);
    }
    expect(queue.size).toBe(0);
    expect(queue.pendingDeadlines).toBeLessThan(200);
  });
});
