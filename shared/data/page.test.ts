import { describe, expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { type PageKey, contains, firstRows, pageAfter } from './index.ts';

describe('pageAfter', () => {
  it('seeks by column and seq on both engines', () => {
    const { sqlite, mssql } = compileBoth(({ read, dialect }) =>
      firstRows(
        pageAfter(
          read.selectFrom('Item').select('itemCode'),
          { column: 'itemCode', seqColumn: 'seq', descending: true },
          { value: 'B', seq: 7 },
        ),
        10,
        dialect,
      ),
    );
    expect(sqlite.sql).toBe(
      'select "itemCode" from "Item" where "itemCode" <= ? and ("itemCode" < ? or "seq" < ?) order by "itemCode" desc, "seq" desc limit ?',
    );
    expect(sqlite.parameters).toEqual(['B', 'B', 7, 10]);
    expect(mssql.sql).toBe(
      'select top(10) "itemCode" from "mcms"."Item" where "itemCode" <= @1 and ("itemCode" < @2 or "seq" < @3) order by "itemCode" desc, "seq" desc',
    );
  });

  it.each([true, false])('walks every row once, descending: %s', async (descending) => {
    const { database } = await createTestDatabase();
    const names = ['b', 'a', 'a', 'c', 'a', 'b', 'c'];
    await database.transaction(async (trx) => {
      for (const [index, name] of names.entries()) {
        await trx
          .insertInto('Item')
          .values(item(`I-${index}`, name))
          .execute();
      }
    });
    const order = { column: 'name', seqColumn: 'seq', descending } as const;

    const seen: string[] = [];
    let after: PageKey | undefined;
    for (let pages = 0; pages < 10; pages += 1) {
      const query = pageAfter(
        database.read.selectFrom('Item').select(['seq', 'itemCode', 'name']),
        order,
        after,
      );
      const rows = await firstRows(query, 2, database.dialect).execute();
      seen.push(...rows.map((row) => row.itemCode));
      const last = rows.at(-1);
      if (!last) break;
      after = { value: last.name, seq: last.seq };
    }

    const ascending = ['I-1', 'I-2', 'I-4', 'I-0', 'I-5', 'I-3', 'I-6'];
    expect(seen).toEqual(descending ? ascending.toReversed() : ascending);
  });
});

describe('contains', () => {
  it('looks for the text as it is, on both engines', () => {
    const { sqlite, mssql } = compileBoth(({ read, dialect }) =>
      read
        .selectFrom('Item')
        .select('seq')
        .where(contains('Item.name', '50%_[x]', dialect)),
    );
    expect(sqlite.sql).toBe('select "seq" from "Item" where instr(lower("Item"."name"), lower(?)) > 0');
    expect(mssql.sql).toBe(
      'select "seq" from "mcms"."Item" where charindex(lower(@1 collate Latin1_General_100_BIN2), lower("mcms"."Item"."name")) > 0',
    );
    expect([sqlite.parameters, mssql.parameters]).toEqual([['50%_[x]'], ['50%_[x]']]);
  });
});

function item(itemCode: string, name: string) {
  const by = { createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'kim' };
  return {
    itemId: crypto.randomUUID(),
    itemCode,
    name,
    description: null,
    version: 1,
    ...by,
    changedAt: by.createdAt,
    changedBy: by.createdBy,
  };
}
