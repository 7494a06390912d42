import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type WorkItem,
  expireLeases,
  lostItems,
  withdrawWaiting,
  workQueueOf,
} from '../../../shared/cam-commands/work-queue.ts';
import { type Database, DatabaseUnavailableError } from '../../../shared/data/index.ts';
import { type GivenClaim, claimIn } from '../../support/claims.ts';
import { createTestDatabase } from '../../support/database.ts';

const NOW = '2030-01-01T00:00:00.000Z';
const LEASE_END = '2030-01-01T00:00:30.000Z';

describe('the work queue', () => {
  let database: Database;
  /** What a test calls an item, by its command. */
  const names = new Map<string, string>();
  beforeEach(async () => {
    ({ database } = await createTestDatabase());
  });

  const put = async (name: string, given: Partial<WorkItem> = {}): Promise<string> => {
    const attemptId = randomUUID();
    const commandId = randomUUID();
    names.set(commandId, name);
    await database.transaction((trx) =>
      trx
        .insertInto('CamWorkItem')
        .values({
          workItemId: attemptId,
          attemptId,
          commandId,
          run: 1,
          attempt: 1,
          fence: 10001,
          application: 'esprit',
          priority: 5,
          notBefore: NOW,
          enqueuedAt: NOW,
          state: 'Waiting',
          workstation: null,
          claimId: null,
          leaseUntil: null,
          cancelRequested: 0,
          ...given,
        })
        .execute(),
    );
    return attemptId;
  };
  const claim = (given: GivenClaim = {}) => claimIn(database, { applications: ['esprit'], ...given });
  const claimedName = async (given?: GivenClaim) => {
    const item = await claim(given);
    return item && names.get(item.commandId);
  };
  /** As an agent does it: while the database has no connection to spare the claim is repeated under its id. */
  const claimedPatiently = async (): Promise<string | undefined> => {
    const claimId = randomUUID();
    for (;;) {
      try {
        return await claimedName({ claimId });
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError)) throw error;
      }
    }
  };

  it('hands out by priority, then by age', async () => {
    await put('old');
    await put('young');
    await put('urgent', { priority: 9 });
    await put('idle', { priority: 0 });
    const names = [await claimedName(), await claimedName(), await claimedName(), await claimedName()];
    expect(names).toEqual(['urgent', 'old', 'young', 'idle']);
    expect(await claimedName()).toBeUndefined();
  });

  it('hands out only what the abilities fit, what is due and what nobody has cancelled', async () => {
    await put('model', { application: 'solidworks', priority: 9 });
    await put('later', { notBefore: '2030-01-01T00:00:00.001Z', priority: 9 });
    await put('cancelled', { cancelRequested: 1, priority: 9 });
    await put('fits');
    expect(await claimedName()).toBe('fits');
    expect(await claimedName()).toBeUndefined();
    expect(await claimedName({ applications: ['solidworks', 'esprit'] })).toBe('model');
    expect(await claimedName({ now: '2030-01-01T00:00:00.001Z' })).toBe('later');
  });

  it('gives the same claim the same item, and only while it holds it', async () => {
    const attemptId = await put('first');
    await put('second');
    const claimId = randomUUID();
    expect([await claimedName({ claimId }), await claimedName({ claimId })]).toEqual(['first', 'first']);
    expect(await claimedName({ claimId, workstation: 'WS-2' })).toBe('second');
    await database.transaction((trx) => expireLeases(trx, '2030-01-01T00:00:30.001Z'));
    expect(await claimedName({ claimId })).toBeUndefined();
    expect(await database.transaction((trx) => workQueueOf(database).finish(trx, attemptId, 10001))).toBe(
      false,
    );
  });

  it('never gives an item to two of fifty claims made at once', async () => {
    for (let count = 0; count < 20; count += 1) await put(`item-${count}`);
    const names = await Promise.all(Array.from({ length: 50 }, claimedPatiently));
    const given = names.filter((name) => name !== undefined);
    expect(given).toHaveLength(20);
    expect(new Set(given).size).toBe(20);
  });

  it('renews a lease for its holder alone', async () => {
    const attemptId = await put('one');
    await claim();
    const renew = (given: { fence?: number; workstation?: string; attemptId?: string }) =>
      database.transaction((trx) =>
        workQueueOf(database).heartbeat(
          trx,
          { attemptId, fence: 10001, workstation: 'WS-1', ...given },
          '2030-01-01T00:01:00.000Z',
        ),
      );
    expect(await renew({})).toEqual({ cancelRequested: false });
    expect(await renew({ fence: 10002 })).toBeUndefined();
    expect(await renew({ workstation: 'WS-2' })).toBeUndefined();
    expect(await renew({ attemptId: randomUUID() })).toBeUndefined();
  });

  it('declares what was not renewed lost, once, and takes nothing from its agent any more', async () => {
    const attemptId = await put('one');
    await put('waiting');
    await claim();
    const expire = (deadline: string) => database.transaction((trx) => expireLeases(trx, deadline));
    expect(await expire(LEASE_END)).toBe(0);
    expect(await expire('2030-01-01T00:00:30.001Z')).toBe(1);
    expect(await expire('2030-01-01T00:00:30.001Z')).toBe(0);
    expect((await lostItems(database)).map((item) => names.get(item.commandId))).toEqual(['one']);
    const fence = { attemptId, fence: 10001, workstation: 'WS-1' };
    expect(
      await database.transaction((trx) => workQueueOf(database).heartbeat(trx, fence, LEASE_END)),
    ).toBeUndefined();
  });

  it.each(Array.from({ length: 5 }, (_, index) => [index]))(
    'either withdraws or hands out, never both (%i)',
    async (order) => {
      const attemptId = await put('one');
      const withdraw = () => database.transaction((trx) => withdrawWaiting(trx, attemptId));
      const outcomes = await Promise.all(order % 2 ? [withdraw(), claim()] : [claim(), withdraw()]);
      expect(outcomes.filter(Boolean)).toHaveLength(1);
    },
  );
});
