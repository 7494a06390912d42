import { expect, it } from '@jest/globals';
import { rowFormOf } from './value-form.ts';

const COLUMNS = [
  { type: { name: 'BigInt' } },
  { type: { name: 'IntN' }, dataLength: 8 },
  { type: { name: 'IntN' }, dataLength: 4 },
  { type: { name: 'BitN' }, dataLength: 1 },
  { type: { name: 'DateTime2' } },
  { type: { name: 'NVarChar' }, dataLength: 128 },
];

function form(...values: unknown[]): unknown[] {
  const columns = values.map((value) => ({ value }));
  rowFormOf(COLUMNS)(columns);
  return columns.map(({ value }) => value);
}

it('gives values of SQL Server the form of the schema', () => {
  expect(form('12', '5000000000', 7, true, new Date('2026-01-31T08:00:00.123Z'), '0012')).toEqual([
    12,
    5_000_000_000,
    7,
    1,
    '2026-01-31T08:00:00.123Z',
    '0012',
  ]);
});

it('leaves NULL as it is', () => {
  expect(form('13', null, null, null, null, null)).toEqual([13, null, null, null, null, null]);
});
