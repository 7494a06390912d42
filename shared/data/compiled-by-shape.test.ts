import { expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { compiledByShape } from './compiled-by-shape.ts';

interface Wanted {
  readonly itemCode?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: number | undefined;
}

function counting(change: (name: string) => string = (name) => name) {
  let built = 0;
  const items = compiledByShape<Wanted, { seq: number }>({
    shapeOf: () => '',
    valuesOf: (wanted) => ({ ...wanted }),
    withValues: (_wanted, values) => values,
    build({ read }, { itemCode, name, version }) {
      built += 1;
      let query = read.selectFrom('Item').select('seq').where('createdBy', '=', 'seed');
      if (itemCode !== undefined) query = query.where('itemCode', '=', itemCode);
      if (version !== undefined) query = query.where('version', '>', version);
      return name === undefined ? query : query.where('name', '=', change(name));
    },
  });
  return {
    builtTimes: () => built,
    compile: (wanted: Wanted) => compileBoth((source) => ({ compile: () => items(source, wanted) })),
  };
}

it('builds a shape once for each engine and binds values of their types anew', () => {
  const { builtTimes, compile } = counting();
  for (const itemCode of ['A', 'B']) {
    const { sqlite, mssql } = compile({ itemCode, version: 3, name: undefined });
    expect(sqlite).toEqual({
      sql: 'select "seq" from "Item" where "createdBy" = ? and "itemCode" = ? and "version" > ?',
      parameters: ['seed', itemCode, 3],
    });
    expect(mssql.types).toEqual(['nvarchar(200)', 'nvarchar(64)', 'int']);
    expect(mssql.parameters).toEqual(['seed', itemCode, 3]);
  }
  expect(builtTimes()).toBe(2);
  expect(compile({ name: 'C' }).sqlite.parameters).toEqual(['seed', 'C']);
  expect(builtTimes()).toBe(4);
});

it('tells equal values apart', () => {
  const { compile } = counting();
  expect(compile({ itemCode: 'same', name: 'same' }).sqlite.parameters).toEqual(['seed', 'same', 'same']);
  expect(compile({ itemCode: 'code', name: 'name' }).sqlite.parameters).toEqual(['seed', 'code', 'name']);
});

it('builds anew each time where a value is changed on its way', () => {
  const { builtTimes, compile } = counting((name) => `%${name}%`);
  expect(compile({ name: 'N' }).sqlite.parameters).toEqual(['seed', '%N%']);
  expect(compile({ name: 'M' }).mssql.parameters).toEqual(['seed', '%M%']);
  expect(builtTimes()).toBe(6);
});
