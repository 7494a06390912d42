import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../../shared/data/index.ts';
import { UnavailableError } from '../../../shared/errors.ts';
import { type OutboxEntry, addToOutbox, publish, relayOutbox } from '../../../shared/outbox/index.ts';
import { withLogSink } from '../../../shared/telemetry/index.ts';
import { createTestDatabase } from '../../support/database.ts';

const START_MS = Date.parse('2030-01-01T00:00:00.000Z');

describe('the outbox', () => {
  let database: Database;
  let nowMs: number;
  let taken: string[];
  let refuse: (id: string) => void;
  beforeEach(async () => {
    ({ database } = await createTestDatabase());
    nowMs = START_MS;
    taken = [];
    refuse = () => {};
  });

  const clock = { now: () => new Date(nowMs) };
  const targets = {
    sendMessage: async ({ messageId }: { messageId: string }) => take(messageId),
    raiseEvent: async ({ eventName }: { eventName: string }) => take(eventName),
  };
  const take = (id: string): void => {
    refuse(id);
    taken.push(id);
  };
  const message = (messageId: string, queue = 'q'): OutboxEntry => ({
    kind: 'message',
    queue,
    messageId,
    body: { id: messageId },
  });
  const add = (...entries: OutboxEntry[]) =>
    database.transaction((trx) => addToOutbox(trx, entries, { now: clock.now(), traceparent: undefined }));
  const quiet = <T>(work: () => Promise<T>) => withLogSink(() => {}, work);
  const relay = () => quiet(() => relayOutbox({ database, targets, clock }));
  const left = () => database.read.selectFrom('Outbox').selectAll().orderBy('seq').execute();

  it('publishes what was promised, in its order, and forgets it', async () => {
    const ids = await add(message('m1'), {
      kind: 'event',
      instanceId: 'i',
      eventName: 'cancel.1',
      body: {},
    });
    expect(await publish({ database, targets, clock }, ids)).toEqual({ published: 2, failed: 0 });
    expect(taken).toEqual(['m1', 'cancel.1']);
    expect(await left()).toEqual([]);
    expect(await publish({ database, targets, clock }, [])).toEqual({ published: 0, failed: 0 });
  });

  it('promises nothing when the transaction does not commit', async () => {
    const failing = database.transaction(async (trx) => {
      await addToOutbox(trx, [message('m1')], { now: clock.now(), traceparent: undefined });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await left()).toEqual([]);
  });

  it('leaves an entry to the request that wrote it for a moment', async () => {
    await add(message('m1'));
    nowMs += 2999;
    expect(await relay()).toEqual({ published: 0, failed: 0 });
    nowMs += 1;
    expect(await relay()).toEqual({ published: 1, failed: 0 });
  });

  it('keeps what was not taken, and tries again with growing waits up to a minute', async () => {
    refuse = () => {
      throw new UnavailableError('away');
    };
    const ids = await add(message('m1'));
    expect(await quiet(() => publish({ database, targets, clock }, ids))).toEqual({
      published: 0,
      failed: 1,
    });
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const [entry] = await left();
      waits.push(Date.parse(entry?.notBefore ?? '') - nowMs);
      nowMs = Date.parse(entry?.notBefore ?? '');
      await relay();
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(await left()).toMatchObject([{ attempts: 9, lastError: 'away' }]);
    refuse = () => {};
    nowMs += 60_000;
    await relay();
    expect(taken).toEqual(['m1']);
    expect(await left()).toEqual([]);
  });

  it('sends again under the same id after a crash between sending and forgetting', async () => {
    const ids = await add(message('m1'));
    const dying: Database = { ...database, transaction: () => Promise.reject(new Error('killed')) };
    await quiet(() => publish({ database: dying, targets, clock }, ids));
    nowMs += 3000;
    await relay();
    expect(taken).toEqual(['m1', 'm1']);
    expect(await left()).toEqual([]);
  });

  it('asks a queue that is away once per round, and others all the same', async () => {
    const asked: string[] = [];
    refuse = (id) => {
      asked.push(id);
      if (id.startsWith('a')) throw new UnavailableError('away');
    };
    await add(message('a1', 'a'), message('a2', 'a'), message('b1', 'b'));
    nowMs += 3000;
    expect(await relay()).toEqual({ published: 1, failed: 2 });
    expect(asked).toEqual(['a1', 'b1']);
    expect((await left()).map(({ messageId, attempts }) => [messageId, attempts])).toEqual([
      ['a1', 1],
      ['a2', 0],
    ]);
  });

  it('does not let one entry that is always refused hold up the others', async () => {
    refuse = (id) => {
      if (id === 'm1') throw new Error('too large');
    };
    await add(message('m1'), message('m2'));
    nowMs += 3000;
    expect(await relay()).toEqual({ published: 1, failed: 1 });
    expect(taken).toEqual(['m2']);
  });

  it('does not fail the request when the database is away after the commit', async () => {
    const ids = await add(message('m1'));
    const away = { ...database, read: refusing() };
    expect(await quiet(() => publish({ database: away, targets, clock }, ids))).toEqual({
      published: 0,
      failed: 1,
    });
    expect(await left()).toHaveLength(1);
  });

  function refusing(): Database['read'] {
    return new Proxy(database.read, {
      get: () => {
        throw new UnavailableError('away');
      },
    });
  }
});
