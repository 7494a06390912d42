import { describe, expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { itemPageQuery } from './repository.ts';

describe('the item list as SQL', () => {
  it('pages by code and searches code and name', () => {
    const { sqlite, mssql } = compileBoth((source) =>
      itemPageQuery(source, { q: '펌프', count: 5, after: { seq: 2, value: 'B' } }),
    );
    expect(sqlite.sql).toBe(
      `select * from "Item" where (instr(lower("Item"."itemCode"), lower(?)) > 0 or instr(lower("Item"."name"), lower(?)) > 0) ` +
        'and "itemCode" >= ? and ("itemCode" > ? or "seq" > ?) order by "itemCode" asc, "seq" asc limit ?',
    );
    expect(sqlite.parameters).toEqual(['펌프', '펌프', 'B', 'B', 2, 5]);
    expect(mssql.sql).toBe(
      `select top(5) * from "mcms"."Item" where (charindex(lower(@1 collate Latin1_General_100_BIN2), lower("mcms"."Item"."itemCode")) > 0 or charindex(lower(@2 collate Latin1_General_100_BIN2), lower("mcms"."Item"."name")) > 0) ` +
        'and "itemCode" >= @3 and ("itemCode" > @4 or "seq" > @5) order by "itemCode" asc, "seq" asc',
    );
    const code = 'nvarchar(64)';
    expect(mssql.types).toEqual([code, 'nvarchar(200)', code, code, 'bigint']);
  });
});
