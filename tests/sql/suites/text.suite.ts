import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Database, isUniqueViolation } from '../../../shared/data/index.ts';
import { createItemService } from '../../../shared/items/index.ts';
import { type Engine, openPair } from './engine.ts';
import { AT, CHANGE, itemRow, putItems } from './rows.ts';

/** Written as escapes where an editor might normalise them. */
const SAMPLES: readonly [string, string][] = [
  ['Korean', '유압 매니폴드 블록'],
  ['Korean as single letters (NFD)', '한글'.normalize('NFD')],
  ['an accent of its own (NFD)', 'Pie\u0301ce'],
  ['a supplementary character', 'part \u{1F600}'],
  ['a family of seven code points', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'],
  ['CJK beyond the basic plane', '\u{20BB7}野家'],
  ['right to left', 'קטע עם עברית'],
  ['zero width and no-break spaces', 'a\u200Bb\u00A0c'],
  ['the last character of the basic plane', '\uFFFD\uFFFC'],
  ['quotes of all kinds', `' " \` ’ “ ” « »`],
  ['spaces at its beginning', '  two'],
  ['line feeds and tabs', 'one\n\ttwo\n'],
];

/** In order of their code points. */
const BY_CODE_POINT = [
  'A',
  'Z',
  '_',
  'a',
  'z',
  '\u00C9',
  '\u00E9',
  '\u0130',
  '한',
  '\uE000',
  '\uFF5E',
  '\u{1F600}',
];

export function textSuite({ facts }: Engine): void {
  let database: Database;
  beforeEach(async () => {
    ({ database } = await openPair());
  });

  const codes = (...wanted: string[]) =>
    database.read
      .selectFrom('Item')
      .select('itemCode')
      .where('itemCode', 'in', wanted)
      .orderBy('seq')
      .execute()
      .then((rows) => rows.map(({ itemCode }) => itemCode));
  const search = async (q: string) =>
    (await createItemService({ database }).list({ q, count: 50 })).value.map(({ itemCode }) => itemCode);

  describe('text', () => {
    it.each(SAMPLES)('keeps %s as it is', async (_what, text) => {
      const items = createItemService({ database });
      await items.create(
        { itemCode: 'I', name: text, description: text },
        { ...CHANGE, by: text, comment: text },
      );
      expect(await items.get('I')).toMatchObject({ name: text, description: text, createdBy: text });
      const entry = await database.read.selectFrom('HistoryEntry').selectAll().executeTakeFirstOrThrow();
      expect(entry).toMatchObject({ currentValue: text, changedBy: text, comment: text });
      const found = await database.read.selectFrom('Item').select('seq').where('name', '=', text).execute();
      expect(found).toHaveLength(1);
    });

    it('is equal to itself alone: not in another case, width or normal form', async () => {
      const different = [
        'a',
        'A',
        '\uFF41',
        '\u00E9',
        'e\u0301',
        '한글',
        '한글'.normalize('NFD'),
        'ss',
        '\u00DF',
        'i',
        '\u0130',
      ];
      await putItems(
        database,
        different.map((code) => itemRow(code)),
      );
      for (const code of different) expect(await codes(code)).toEqual([code]);
      const error: unknown = await putItems(database, [itemRow('A')]).catch((reason: unknown) => reason);
      expect(isUniqueViolation(error)).toBe(true);
    });

    it('tells an empty text from none', async () => {
      await putItems(database, [itemRow('empty', { description: '' }), itemRow('none')]);
      const of = async (itemCode: string) =>
        (
          await database.read
            .selectFrom('Item')
            .select('description')
            .where('itemCode', '=', itemCode)
            .executeTakeFirstOrThrow()
        ).description;
      expect([await of('empty'), await of('none')]).toEqual(['', null]);
      const none = await database.read
        .selectFrom('Item')
        .select('itemCode')
        .where('description', 'is', null)
        .execute();
      expect(none).toEqual([{ itemCode: 'none' }]);
    });

    it('with spaces at its end is kept, and compared as the engine says', async () => {
      await putItems(database, [itemRow('I', { name: 'x  ' })]);
      const equalTo = async (name: string) =>
        (await database.read.selectFrom('Item').select('name').where('name', '=', name).execute()).map(
          (row) => row.name,
        );
      expect(await equalTo('x  ')).toEqual(['x  ']);
      expect(await equalTo('x')).toEqual(facts().ignoresSpacesAtEnd ? ['x  '] : []);
      const twin: unknown = await putItems(database, [itemRow('I ')]).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(isUniqueViolation(twin)).toBe(facts().ignoresSpacesAtEnd);
    });

    it('is ordered as the engine says, the same up and down and between two bounds', async () => {
      const shuffled = BY_CODE_POINT.toSorted(() => Math.random() - 0.5);
      await putItems(
        database,
        shuffled.map((code) => itemRow(code)),
      );
      const expected = facts().textOrder === 'code-point' ? BY_CODE_POINT : BY_CODE_POINT.toSorted();
      const { value } = await createItemService({ database }).list({ count: 50 });
      expect(value.map(({ itemCode }) => itemCode)).toEqual(expected);
      const down = await database.read
        .selectFrom('Item')
        .select('itemCode')
        .orderBy('itemCode', 'desc')
        .execute();
      expect(down.map(({ itemCode }) => itemCode)).toEqual(expected.toReversed());
      for (const [index, code] of expected.entries()) {
        const after = await database.read
          .selectFrom('Item')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('itemCode', '>', code)
          .executeTakeFirstOrThrow();
        expect([code, after.count]).toEqual([code, expected.length - 1 - index]);
      }
    });
  });

  describe('search', () => {
    it('finds Latin letters in either case, others as the engine says', async () => {
      await putItems(database, [itemRow('PUMP-1', { name: '\u00C9crou ÄÖ' }), itemRow('한글-2')]);
      expect(await search('pump')).toEqual(['PUMP-1']);
      expect(await search('PuMp')).toEqual(['PUMP-1']);
      expect(await search('글')).toEqual(['한글-2']);
      expect(await search('\u00C9CROU')).toEqual(['PUMP-1']);
      expect(await search('\u00E9crou')).toEqual(facts().foldsCaseOf === 'ascii' ? [] : ['PUMP-1']);
    });

    it.each(['%', '_', '[', ']', '[a-z]', '^', '\\', '\\%', '50%', 'a_b', "'", '--', '\u{1F600}'])(
      'takes %s for itself',
      async (text) => {
        await putItems(database, [
          itemRow('with', { name: `x${text}y` }),
          itemRow('without', { name: 'x~y 50 ab axb' }),
        ]);
        expect(await search(text)).toEqual(['with']);
      },
    );
  });

  describe('long values', () => {
    it.each([
      ['letters', 'x'.repeat(2000)],
      ['Korean', '한'.repeat(2000)],
      ['characters of two units', '\u{1F600}'.repeat(1000)],
    ])('fill a column of 2,000 units with %s', async (_what, description) => {
      const items = createItemService({ database });
      await items.create({ itemCode: 'I', name: 'n', description }, CHANGE);
      await items.change(
        'I',
        { description: `${description.slice(0, -2)}..` },
        { change: CHANGE, expectedVersion: 1 },
      );
      expect((await items.get('I')).description).toBe(`${description.slice(0, -2)}..`);
      const entry = await database.read
        .selectFrom('HistoryEntry')
        .select(['previousValue', 'currentValue'])
        .where('field', '=', 'description')
        .executeTakeFirstOrThrow();
      expect(entry).toEqual({ previousValue: description, currentValue: `${description.slice(0, -2)}..` });
    });

    it('of a megabyte come back whole', async () => {
      const body = JSON.stringify({ text: '한글 \u{1F600} \\ " x'.repeat(100_000) });
      expect(body.length).toBeGreaterThan(1_000_000);
      const row = {
        outboxId: randomUUID(),
        kind: 'message',
        destination: 'q',
        messageId: 'm',
        body,
        traceparent: null,
        createdAt: AT,
        notBefore: AT,
        attempts: 0,
        lastError: null,
      };
      await database.transaction((trx) => trx.insertInto('Outbox').values(row).execute());
      const { body: kept } = await database.read
        .selectFrom('Outbox')
        .select('body')
        .executeTakeFirstOrThrow();
      expect(kept.length).toBe(body.length);
      expect(kept === body).toBe(true);
    });

    it('asked for in a column that is shorter match nothing', async () => {
      await putItems(database, [itemRow('x'.repeat(64))]);
      expect(await codes('x'.repeat(65))).toEqual([]);
      expect(await codes('x'.repeat(5000))).toEqual([]);
      expect(await codes('x'.repeat(64))).toHaveLength(1);
    });
  });
}
