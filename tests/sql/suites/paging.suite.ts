import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Database, PageKey } from '../../../shared/data/index.ts';
import { createHistoryService, recordHistory } from '../../../shared/history/index.ts';
import { createItemService } from '../../../shared/items/index.ts';
import { createRoutingService, routingOrders } from '../../../shared/routings/index.ts';
import { openPair } from './engine.ts';
import { AT, CHANGE, VIEWER, itemRow, makeRouting, putItems } from './rows.ts';

interface Page {
  readonly names: readonly string[];
  readonly next: PageKey | undefined;
}

/** Every name in the order in which the pages bring it; `between` happens before each page but the first. */
async function walk(
  page: (after: PageKey | undefined) => Promise<Page>,
  between: (pages: number) => Promise<void> = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  let after: PageKey | undefined;
  for (let pages = 1; pages < 100; pages += 1) {
    const { names, next } = await page(after);
    seen.push(...names);
    if (!next) return seen;
    after = next;
    await between(pages);
  }
  throw new Error('the list has no end');
}

export function pagingSuite(): void {
  let database: Database;
  let other: Database;
  beforeEach(async () => {
    ({ database, other } = await openPair());
  });

  const numbered = (prefix: string, number: number) => `${prefix}-${String(number).padStart(3, '0')}`;
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);

  describe('pages', () => {
    it('of items bring each once while others come and go', async () => {
      const staying = range(30).map((number) => numbered('I', 2 * number));
      const going = range(29).map((number) => numbered('I', 2 * number + 1));
      await putItems(
        database,
        [...staying, ...going].toSorted(() => Math.random() - 0.5).map((code) => itemRow(code)),
      );
      const items = createItemService({ database });

      const seen = await walk(
        async (after) => {
          const { value, next } = await items.list({ count: 7, after });
          return { names: value.map(({ itemCode }) => itemCode), next };
        },
        async (pages) => {
          const gone = going.filter((_, index) => index % 8 === pages);
          for (const itemCode of gone)
            await other.transaction((trx) =>
              trx.deleteFrom('Item').where('itemCode', '=', itemCode).execute(),
            );
          // One before everything, one among what was seen or is to be seen, one after everything.
          await putItems(other, [itemRow(`A-${pages}`), itemRow(`I-0${pages}0-new`), itemRow(`Z-${pages}`)]);
        },
      );

      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(seen.toSorted());
      expect(seen.filter((code) => staying.includes(code))).toEqual(staying);
    });

    it('begin after a row that is gone, too', async () => {
      await putItems(
        database,
        range(6).map((number) => itemRow(numbered('I', number))),
      );
      const items = createItemService({ database });
      const first = await items.list({ count: 3 });
      await database.transaction((trx) => trx.deleteFrom('Item').where('itemCode', '<=', 'I-002').execute());
      const second = await items.list({ count: 3, after: first.next });
      expect(second.value.map(({ itemCode }) => itemCode)).toEqual(['I-003', 'I-004', 'I-005']);
      expect(second.next).toBeUndefined();
    });

    it('of history are newest first, those of one moment by the order in which they were written', async () => {
      const write = (process: Database, name: string, at: string) =>
        process.transaction((trx) =>
          recordHistory(trx, { ...CHANGE, at }, [{ itemCode: name, changeType: 'ItemChanged' }]),
        );
      const time = (number: number) => `2026-03-02T08:00:00.00${Math.floor(number / 4)}Z`;
      for (const number of range(24)) await write(database, numbered('H', number), time(number));
      const history = createHistoryService({ database });

      const seen = await walk(
        async (after) => {
          const { value, next } = await history.list({ filter: {}, count: 5, after });
          return { names: value.map(({ itemCode }) => itemCode), next };
        },
        // Newer than all, and of a moment whose entries are being paged through.
        async (pages) => {
          await write(other, `new-${pages}`, '2026-03-02T09:00:00.000Z');
        },
      );
      expect(seen).toEqual(
        range(24)
          .map((number) => numbered('H', number))
          .toReversed(),
      );
    });

    it.each(routingOrders.flatMap((order) => [false, true].map((descending) => ({ order, descending }))))(
      'of routings by $order, descending: $descending, bring each once whatever is equal',
      async ({ order, descending }) => {
        const first = await makeRouting(database, { name: 'N', routingCode: 'R-00' });
        const routings = createRoutingService({ database });
        const ids = [first];
        for (const number of range(11)) {
          const { routingId } = await routings.create(
            VIEWER,
            {
              itemCode: 'P-1',
              revisionCode: 'A',
              routingCode: numbered('R', 11 - number),
              name: ['N', 'M'][number % 2] ?? '',
              machine: ['M1', 'M2', 'M3'][number % 3] ?? '',
              steps: [],
            },
            { ...CHANGE, at: `2026-03-02T08:00:00.00${number % 4}Z` },
          );
          ids.push(routingId);
        }
        const filter = { itemCode: 'P-1' };
        const list = (count: number, after?: PageKey) =>
          routings.list(VIEWER, { filter, order, descending, count, after, withCount: true });
        const whole = await list(50);
        expect(whole).toMatchObject({ count: 12 });
        expect(whole.next).toBeUndefined();

        const seen = await walk(async (after) => {
          const { value, next } = await list(5, after);
          return { names: value.map(({ routingId }) => routingId), next };
        });
        expect(seen).toEqual(whole.value.map(({ routingId }) => routingId));
        expect(seen.toSorted()).toEqual(ids.toSorted());
        if (order !== 'createdAt') {
          const values = whole.value.map((row) => row[order]);
          expect(values).toEqual(descending ? values.toSorted().toReversed() : values.toSorted());
        }
      },
    );

    it('of nothing are one empty page', async () => {
      expect(await createItemService({ database }).list({ count: 5 })).toEqual({
        value: [],
        next: undefined,
      });
      const history = createHistoryService({ database });
      expect(await history.list({ filter: { from: AT, to: AT }, count: 5 })).toEqual({
        value: [],
        next: undefined,
      });
    });
  });
}
