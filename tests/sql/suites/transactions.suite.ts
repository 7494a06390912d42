import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Database, isUniqueViolation } from '../../../shared/data/index.ts';
import { recordHistory } from '../../../shared/history/index.ts';
import { createItemService } from '../../../shared/items/index.ts';
import { createRoutingService } from '../../../shared/routings/index.ts';
import { type Engine, openPair } from './engine.ts';
import { ANY, AT, CHANGE, VIEWER, makeRouting, putItems, itemRow, stored } from './rows.ts';

/** Long enough for a transaction that can begin to have begun. */
const A_WHILE_MS = 200;

export function transactionsSuite({ facts }: Engine): void {
  let database: Database;
  let other: Database;
  beforeEach(async () => {
    ({ database, other } = await openPair());
  });

  const sizes = async (source: Database = database): Promise<number[]> =>
    (await source.read.selectFrom('StoredFile').select('sizeBytes').orderBy('seq').execute()).map(
      ({ sizeBytes }) => sizeBytes,
    );
  const put = (number: number, on: Database = database) =>
    on.transaction((trx) => trx.insertInto('StoredFile').values(stored(number)).execute());

  describe('two writers of one version', () => {
    it('of an item: one wins, the other is told, and history has one entry', async () => {
      await createItemService({ database }).create({ itemCode: 'I', name: 'start' }, CHANGE);
      for (let version = 1; version <= 10; version += 1) {
        const outcomes = await Promise.allSettled(
          [database, other].map((process, index) =>
            createItemService({ database: process }).change(
              'I',
              { name: `${version} by ${index}` },
              { change: CHANGE, expectedVersion: version },
            ),
          ),
        );
        expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
          reason: { code: 'precondition-failed' },
        });
      }
      const item = await createItemService({ database }).get('I');
      const changes = await database.read
        .selectFrom('HistoryEntry')
        .select(['previousValue', 'currentValue'])
        .where('changeType', '=', 'ItemChanged')
        .orderBy('seq')
        .execute();
      expect(item.version).toBe(11);
      expect(changes).toHaveLength(10);
      expect(changes.at(-1)?.currentValue).toBe(item.name);
      expect(changes.slice(1).map(({ previousValue }) => previousValue)).toEqual(
        changes.slice(0, -1).map(({ currentValue }) => currentValue),
      );
    });

    it('of a routing: one wins, and its steps are all that is there', async () => {
      const routingId = await makeRouting(database);
      const outcomes = await Promise.allSettled(
        [database, other, database, other].map((process, index) =>
          createRoutingService({ database: process }).change(VIEWER, routingId, {
            request: {
              steps: [{ sequence: 10 + index, machine: 'M1', processDescription: `by ${index}` }],
            },
            change: CHANGE,
            expectedVersion: 1,
          }),
        ),
      );
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const routing = await createRoutingService({ database }).get(VIEWER, routingId);
      expect(routing.version).toBe(2);
      expect(routing.steps).toMatchObject([{ sequence: 10 + winner, processDescription: `by ${winner}` }]);
    });

    it('count up together without losing any', async () => {
      await put(0);
      const grow = (process: Database) =>
        process.transaction((trx) =>
          trx
            .updateTable('StoredFile')
            .set((eb) => ({ sizeBytes: eb('sizeBytes', '+', 1) }))
            .execute(),
        );
      await Promise.all(Array.from({ length: 40 }, (_, index) => grow(index % 2 ? database : other)));
      expect(await sizes()).toEqual([40]);
    });

    it('that read before they write follow one another, or overlap, as the engine says', async () => {
      await put(0);
      const { promise: bothHaveRead, resolve: haveRead } = Promise.withResolvers<void>();
      let readers = 0;
      const grow = (process: Database) =>
        process.transaction(async (trx) => {
          const { sizeBytes } = await trx
            .selectFrom('StoredFile')
            .select('sizeBytes')
            .executeTakeFirstOrThrow();
          readers += 1;
          if (readers === 2) haveRead();
          // With one writer the second cannot read before the first has ended.
          await (facts().transactionsOverlap ? bothHaveRead : pause());
          await trx
            .updateTable('StoredFile')
            .set({ sizeBytes: sizeBytes + 1 })
            .execute();
        });
      await Promise.all([grow(database), grow(other)]);
      expect(await sizes()).toEqual([facts().transactionsOverlap ? 1 : 2]);
    });
  });

  describe('isolation', () => {
    it('shows others nothing of a transaction before it is committed, and itself everything', async () => {
      await put(1);
      await database.transaction(async (trx) => {
        await trx.insertInto('StoredFile').values(stored(2)).execute();
        await trx.updateTable('StoredFile').set({ sizeBytes: 9 }).where('sizeBytes', '=', 1).execute();
        const own = await trx.selectFrom('StoredFile').select('sizeBytes').orderBy('seq').execute();
        expect(own.map(({ sizeBytes }) => sizeBytes)).toEqual([9, 2]);
        expect(await sizes()).toEqual([1]);
        expect(await sizes(other)).toEqual([1]);
      });
      expect(await sizes()).toEqual([9, 2]);
      expect(await sizes(other)).toEqual([9, 2]);
    });

    it('shows others a deletion only when it is committed', async () => {
      await put(1);
      await database.transaction(async (trx) => {
        await trx.deleteFrom('StoredFile').execute();
        expect(await sizes(other)).toEqual([1]);
      });
      expect(await sizes(other)).toEqual([]);
    });

    it('keeps readers of committed rows from waiting for a writer', async () => {
      await put(1);
      const startedMs = performance.now();
      await database.transaction(async (trx) => {
        await trx.updateTable('StoredFile').set({ sizeBytes: 2 }).execute();
        await Promise.all(Array.from({ length: 5 }, () => sizes(other)));
      });
      expect(performance.now() - startedMs).toBeLessThan(5000);
    });
  });

  describe('a transaction that fails', () => {
    it('leaves nothing: neither the rows nor their history', async () => {
      const failing = database.transaction(async (trx) => {
        await trx.insertInto('Item').values(itemRow('I')).execute();
        await recordHistory(trx, CHANGE, [{ itemCode: 'I', changeType: 'ItemCreated' }]);
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await database.read.selectFrom('Item').select('seq').execute()).toEqual([]);
      expect(await database.read.selectFrom('HistoryEntry').select('seq').execute()).toEqual([]);
    });

    it('leaves no history where the change was refused by the database', async () => {
      const items = createItemService({ database });
      await items.create({ itemCode: 'I', name: 'first' }, CHANGE);
      await expect(items.create({ itemCode: 'I', name: 'second' }, CHANGE)).rejects.toMatchObject({
        code: 'item-exists',
      });
      const options = { change: CHANGE, expectedVersion: ANY };
      await items.addRevision('I', { revisionCode: 'A' }, options);
      await expect(items.addRevision('I', { revisionCode: 'A' }, options)).rejects.toMatchObject({
        code: 'revision-exists',
      });
      const history = await database.read
        .selectFrom('HistoryEntry')
        .select(['changeType', 'currentValue'])
        .orderBy('seq')
        .execute();
      expect(history).toEqual([
        { changeType: 'ItemCreated', currentValue: 'first' },
        { changeType: 'RevisionCreated', currentValue: 'A' },
      ]);
      expect((await items.get('I')).version).toBe(2);
    });

    it('at one statement is whole or not at all when its work goes on', async () => {
      await put(1);
      const goingOn = database.transaction(async (trx) => {
        await trx.insertInto('StoredFile').values(stored(2)).execute();
        await trx
          .insertInto('StoredFile')
          .values(stored(1))
          .execute()
          .catch(() => undefined);
        await trx.insertInto('StoredFile').values(stored(3)).execute();
      });
      if (facts().survivesFailedStatement) {
        await goingOn;
        expect(await sizes()).toEqual([1, 2, 3]);
      } else {
        expect(await refusal(goingOn)).toMatchObject({ message: expect.any(String) });
        expect(await sizes()).toEqual([1]);
      }
    });

    it('gives its connection back as it was', async () => {
      for (let count = 0; count < 30; count += 1) {
        const failing = database.transaction(async (trx) => {
          await trx.insertInto('StoredFile').values(stored(count)).execute();
          throw new Error('no');
        });
        await expect(failing).rejects.toThrow('no');
      }
      await put(1);
      expect(await sizes(other)).toEqual([1]);
    });
  });

  describe('what constraints refuse', () => {
    it('a second row with a key is a unique violation, by one writer or by two at once', async () => {
      await put(1);
      expect(isUniqueViolation(await refusal(put(1)))).toBe(true);
      const outcomes = await Promise.allSettled([put(2), put(2, other), put(2), put(2, other)]);
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(failed).toHaveLength(3);
      expect(failed.map(({ reason }) => isUniqueViolation(reason))).toEqual([true, true, true]);
      expect(await sizes()).toEqual([1, 2]);
    });

    it('a row that refers to nothing is refused, and that is no unique violation', async () => {
      const error = await refusal(
        database.transaction((trx) =>
          trx
            .insertInto('ItemRevision')
            .values({
              itemRevisionId: crypto.randomUUID(),
              itemCode: 'nowhere',
              revisionCode: 'A',
              description: null,
              createdAt: AT,
              createdBy: 'kim',
            })
            .execute(),
        ),
      );
      expect(error).toMatchObject({ message: expect.any(String) });
      expect(isUniqueViolation(error)).toBe(false);
    });

    it('a row that others refer to stays', async () => {
      await makeRouting(database);
      const error = await refusal(database.transaction((trx) => trx.deleteFrom('ItemRevision').execute()));
      expect(error).toMatchObject({ message: expect.any(String) });
      expect(isUniqueViolation(error)).toBe(false);
      expect(await database.read.selectFrom('ItemRevision').select('seq').execute()).toHaveLength(1);
    });

    it('a value where there must be one is wanted', async () => {
      const nameless = putItems(database, [itemRow('I', { name: null as unknown as string })]);
      expect(isUniqueViolation(await refusal(nameless))).toBe(false);
      expect(await database.read.selectFrom('Item').select('seq').execute()).toEqual([]);
    });
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
}

function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
