import { expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { compiledByShape, namesOf } from './compiled-by-shape.ts';

interface Wanted {
  readonly itemCode?: string | undefined;
  readonly name?: string | undefined;
}

function counting(valuesOf: (wanted: Wanted) => readonly unknown[]) {
  let built = 0;
  const items = compiledByShape<Wanted, { seq: number }>({
    shapeOf: namesOf,
    valuesOf,
    build({ read }, { itemCode, name }) {
      built += 1;
      let query = read.selectFrom('Item').select('seq');
      if (itemCode !== undefined) query = query.where('itemCode', '=', itemCode);
      return name === undefined ? query : query.where('name', '=', name);
    },
  });
  return {
    builtTimes: () => built,
    compile: (wanted: Wanted) => compileBoth((source) => ({ compile: () => items(source, wanted) })),
  };
}

it('builds a shape once and binds values of their types anew', () => {
  const { builtTimes, compile } = counting(({ itemCode, name }) =>
    [itemCode, name].filter((value) => value !== undefined),
  );
  for (const itemCode of ['A', 'B']) {
    const { sqlite, mssql } = compile({ itemCode, name: undefined });
    expect(sqlite).toEqual({ sql: 'select "seq" from "Item" where "itemCode" = ?', parameters: [itemCode] });
    expect(mssql).toEqual({
      sql: 'select "seq" from "mcms"."Item" where "itemCode" = @1',
      parameters: [itemCode],
      types: ['nvarchar(64)'],
    });
  }
  expect(builtTimes()).toBe(2);
  expect(compile({ name: 'C' }).sqlite.parameters).toEqual(['C']);
  expect(builtTimes()).toBe(4);
});

it('builds anew where it is told other values than the query has', () => {
  const { builtTimes, compile } = counting(({ name, itemCode }) => [name, itemCode]);
  compile({ itemCode: 'A', name: 'N' });
  expect(compile({ itemCode: 'A', name: 'N' }).sqlite.parameters).toEqual(['A', 'N']);
  expect(builtTimes()).toBe(4);
});
