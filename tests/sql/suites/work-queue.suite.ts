import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type WorkItem,
  expireLeases,
  withdrawWaiting,
  workQueueOf,
} from '../../../shared/cam-commands/work-queue.ts';
import type { Database } from '../../../shared/data/index.ts';
import { claimIn, claimWithin } from '../../support/claims.ts';
import { openPair } from './engine.ts';

const NOW = '2030-01-01T00:00:00.000Z';
const LEASE_END = '2030-01-01T00:00:30.000Z';
const AGENTS = 12;
const ITEMS = 60;
const FENCE = 10_001;

export function workQueueSuite(): void {
  let database: Database;
  let other: Database;
  beforeEach(async () => {
    ({ database, other } = await openPair());
  });

  const enqueue = async (
    priority: number,
    application = 'esprit',
    requestedBy: string = randomUUID(),
  ): Promise<string> => {
    const attemptId = randomUUID();
    await database.transaction((trx) =>
      workQueueOf(database).enqueue(trx, {
        workItemId: attemptId,
        attemptId,
        commandId: randomUUID(),
        run: 1,
        attempt: 1,
        fence: FENCE,
        application,
        priority,
        notBefore: NOW,
        enqueuedAt: NOW,
        laneId: 0,
        requestedBy,
      }),
    );
    return attemptId;
  };
  const claim = (process: Database, workstation: string, claimId: string = randomUUID()) =>
    claimIn(process, { workstation, claimId });
  const waiting = async (): Promise<number> =>
    (await database.read.selectFrom('CamWorkItem').select('seq').where('state', '=', 'Waiting').execute())
      .length;
  const comesBefore = (one: WorkItem, two: WorkItem): boolean =>
    one.priority > two.priority || (one.priority === two.priority && one.seq < two.seq);

  describe('many agents that claim at once', () => {
    it('get every item, each once, and each agent its items by priority and then by age', async () => {
      const ids: string[] = [];
      for (let number = 0; number < ITEMS; number += 1)
        ids.push(await enqueue((number * 7) % 10, number % 3 ? 'esprit' : 'solidworks'));
      const work = async (index: number): Promise<WorkItem[]> => {
        const mine: WorkItem[] = [];
        const process = index % 2 ? database : other;
        for (;;) {
          const item = await claim(process, `WS-${index}`);
          if (item) mine.push(item);
          else if ((await waiting()) === 0) return mine;
        }
      };
      const claimed = await Promise.all(Array.from({ length: AGENTS }, (_, index) => work(index)));

      expect(
        claimed
          .flat()
          .map(({ attemptId }) => attemptId)
          .toSorted(),
      ).toEqual(ids.toSorted());
      for (const items of claimed)
        for (const [index, item] of items.slice(1).entries()) {
          const before = items[index];
          expect(before && comesBefore(before, item)).toBe(true);
        }
      const rows = await database.read.selectFrom('CamWorkItem').selectAll().execute();
      const holders = new Map(
        claimed.flatMap((items, index) => items.map((item) => [item.attemptId, `WS-${index}`])),
      );
      for (const row of rows)
        expect(row).toMatchObject({
          state: 'Claimed',
          leaseUntil: LEASE_END,
          workstation: holders.get(row.attemptId),
        });
    });

    it('get one item for one claim that is sent twice at once', async () => {
      for (let number = 0; number < 4; number += 1) await enqueue(5);
      const claimId = randomUUID();
      const first = await claim(database, 'WS-1', claimId);
      const again = await Promise.all([claim(database, 'WS-1', claimId), claim(other, 'WS-1', claimId)]);
      expect(again.map((item) => item?.attemptId)).toEqual([first?.attemptId, first?.attemptId]);
      expect(await waiting()).toBe(3);
    });

    it('get nothing that a transaction claimed and did not commit, until it has ended', async () => {
      await enqueue(5);
      const failing = database.transaction(async (trx) => {
        const held = await claimWithin(database, trx, { workstation: 'WS-1' });
        expect(held).toBeDefined();
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect((await claim(other, 'WS-2'))?.workstation).toBe('WS-2');
      expect(await claim(database, 'WS-3')).toBeUndefined();
    });

    it('or take back: what is withdrawn is not handed out, and the other way round', async () => {
      const ids: string[] = [];
      for (let number = 0; number < 20; number += 1) ids.push(await enqueue(5));
      const [withdrawn, claimed] = await Promise.all([
        Promise.all(
          ids.map((attemptId, index) =>
            (index % 2 ? database : other).transaction((trx) => withdrawWaiting(trx, attemptId)),
          ),
        ),
        Promise.all(ids.map((_, index) => claim(index % 2 ? other : database, `WS-${index}`))),
      ]);
      const given = claimed.flatMap((item) => (item ? [item.attemptId] : []));
      const taken = ids.filter((_, index) => withdrawn[index]);
      expect(given.filter((id) => taken.includes(id))).toEqual([]);
      expect(new Set(given).size).toBe(given.length);
      expect(given.length + taken.length + (await waiting())).toBe(ids.length);
    });
  });

  describe('turns', () => {
    const served = async (count: number, applications = ['esprit', 'solidworks']): Promise<string[]> => {
      const names: string[] = [];
      for (let index = 0; index < count; index += 1)
        names.push((await claimIn(database, { applications }))?.requestedBy ?? '');
      return names;
    };

    it('let one order not wait for the fifty of somebody else', async () => {
      for (let index = 0; index < 50; index += 1) await enqueue(5, 'esprit', 'many');
      expect(await served(3)).toEqual(['many', 'many', 'many']);
      await enqueue(5, 'esprit', 'one');
      expect(await served(3)).toEqual(['many', 'one', 'many']);
    });

    it('go round among people of one priority, in every application by itself', async () => {
      for (const name of ['a', 'a', 'a', 'b', 'b', 'c']) await enqueue(5, 'esprit', name);
      for (const name of ['b', 'c', 'c', 'a']) await enqueue(5, 'solidworks', name);
      await enqueue(9, 'esprit', 'a');
      expect(await served(4, ['solidworks'])).toEqual(['b', 'c', 'a', 'c']);
      expect(await served(7, ['esprit'])).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
    });
  });

  describe('a licence pool', () => {
    it('gives out no more seats than it has, however many claim at once', async () => {
      for (let number = 0; number < 20; number += 1) await enqueue(5);
      const claims = await Promise.all(
        Array.from({ length: AGENTS }, (_, index) =>
          claimIn(index % 2 ? database : other, { workstation: `WS-${index}`, licencePools: { esprit: 3 } }),
        ),
      );
      expect(claims.filter(Boolean)).toHaveLength(3);
      expect(await waiting()).toBe(17);
    });
  });

  describe('a fence', () => {
    const heartbeat = (process: Database, attemptId: string, fence: number, workstation = 'WS-1') =>
      process.transaction((trx) =>
        workQueueOf(process).heartbeat(trx, { attemptId, fence, workstation }, LEASE_END),
      );
    const finish = (process: Database, attemptId: string, fence: number) =>
      process.transaction((trx) => workQueueOf(process).finish(trx, attemptId, fence));

    it('lets its holder alone go on and finish, and once', async () => {
      const attemptId = await enqueue(5);
      expect(await finish(database, attemptId, FENCE)).toBe(false);
      await claim(database, 'WS-1');
      expect(await heartbeat(other, attemptId, FENCE)).toEqual({ cancelRequested: false });
      expect(await heartbeat(other, attemptId, FENCE, 'WS-2')).toBeUndefined();
      expect(await heartbeat(other, attemptId, FENCE + 1)).toBeUndefined();
      expect(await finish(other, attemptId, FENCE + 1)).toBe(false);
      const finished = await Promise.all(
        [database, other, database, other].map((process) => finish(process, attemptId, FENCE)),
      );
      expect(finished.filter(Boolean)).toHaveLength(1);
      expect(await heartbeat(database, attemptId, FENCE)).toBeUndefined();
    });

    it('holds no longer than its lease: either the agent renews it or the watchdog ends it', async () => {
      for (let round = 0; round < 5; round += 1) {
        const attemptId = await enqueue(5);
        await claim(database, 'WS-1');
        const late = '2030-01-01T00:00:30.001Z';
        const [expired, renewed] = await Promise.all([
          other.transaction((trx) => expireLeases(trx, late)),
          database.transaction((trx) =>
            workQueueOf(database).heartbeat(
              trx,
              { attemptId, fence: FENCE, workstation: 'WS-1' },
              '2030-01-01T00:01:00.000Z',
            ),
          ),
        ]);
        expect(expired).toBe(renewed ? 0 : 1);
        expect(await finish(database, attemptId, FENCE)).toBe(renewed !== undefined);
        await database.transaction((trx) => trx.deleteFrom('CamWorkItem').execute());
      }
    });
  });
}
