import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDeadLetterCount } from '../../../functions/dead-letter-count.ts';
import { createDeadLetters } from '../../../shared/messaging/index.ts';
import type { DeadLetterCount, QueueTrouble } from '../../../shared/notifications/index.ts';
import { type TestNamespace, openLocalNamespace, receive } from '../../contract/service-bus/namespace.ts';

const START_MS = Date.parse('2030-01-01T00:00:00.000Z');
const MINUTE_MS = 60_000;
const QUEUES = ['esprit-commands', 'esprit-results', 'file-verification', 'esprit-rejected'];

describe('what lies in the dead letters', () => {
  let namespace: TestNamespace;
  let count: DeadLetterCount;
  let nowMs: number;
  beforeEach(async () => {
    namespace = await openLocalNamespace(...QUEUES.map((name) => ({ name })));
    nowMs = START_MS;
    count = counter();
  });
  afterEach(() => namespace.close());

  const counter = () => {
    const settings = { connectionString: namespace.connectionString };
    const deadLetters = createDeadLetters({ client: namespace.client, settings });
    return createDeadLetterCount(deadLetters, { now: () => new Date(nowMs) });
  };
  /** One look a minute later. */
  const look = async (by = count): Promise<QueueTrouble | undefined> => {
    nowMs += MINUTE_MS;
    return (await by.countDeadLetters()).find(({ queue }) => queue === 'esprit-commands');
  };
  const send = async (many: number) => {
    const sender = namespace.client.createSender('esprit-commands');
    await sender.sendMessages(Array.from({ length: many }, (_, body) => ({ body })));
  };
  /** Gives up `many` that stand in the queue. */
  const giveUp = async (many: number) => {
    const receiver = namespace.client.createReceiver('esprit-commands');
    for (const message of await receive(receiver, many))
      await receiver.deadLetterMessage(message, {
        deadLetterReason: 'Unreadable',
        deadLetterErrorDescription: 'it says nothing',
      });
    await receiver.close();
  };
  const removeOldest = async (many: number) => {
    const receiver = namespace.client.createReceiver('esprit-commands', { subQueueType: 'deadLetter' });
    for (const message of await receive(receiver, many)) await receiver.completeMessage(message);
    await receiver.close();
  };

  it('is counted beyond a page, and is new when it comes after the first look', async () => {
    await send(130);
    await giveUp(130);
    expect(await look()).toMatchObject({ reason: 'Unreadable', arrived: undefined });
    expect((await look())?.numbers).toHaveLength(130);
    await removeOldest(2);
    expect((await look())?.arrived).toBeUndefined();
    await send(2);
    await giveUp(2);
    const { numbers, arrived } = (await look()) ?? {};
    expect(numbers).toHaveLength(130);
    expect(arrived).toEqual({ count: 2, at: new Date(nowMs).toISOString() });
    const cameAt = arrived?.at;
    expect((await look())?.arrived).toEqual({ count: 2, at: cameAt });
  });

  it('is new also when it was sent before what lies there already', async () => {
    await send(3);
    const slow = namespace.client.createReceiver('esprit-commands');
    const [first] = await receive(slow, 1);
    if (!first) throw new Error('no message came');
    await giveUp(2);
    const before = await look();
    await slow.deadLetterMessage(first, {
      deadLetterReason: 'Late',
      deadLetterErrorDescription: 'tried too often',
    });
    await slow.close();
    const after = await look();
    expect([before?.numbers, after?.numbers]).toEqual([
      [2, 3],
      [1, 2, 3],
    ]);
    expect(after?.arrived).toEqual({ count: 1, at: new Date(nowMs).toISOString() });
  });

  it('is looked at once a minute', async () => {
    await look();
    await send(1);
    await giveUp(1);
    nowMs -= 1;
    expect((await look())?.numbers).toEqual([]);
    nowMs -= MINUTE_MS - 1;
    expect((await look())?.numbers).toEqual([1]);
  });

  it('is known to no process that has just started', async () => {
    await send(1);
    await giveUp(1);
    await look();
    expect((await look(counter()))?.arrived).toBeUndefined();
  });
});
