import { describe, expect, it } from '@jest/globals';
import { TYPES } from 'tedious';
import { TypedValue } from '../bound.ts';
import { type SqlType, bigint, bit, char, nvarchar, real, time, uuid, varchar } from '../sql-type.ts';
import { TypedRequest } from './request.ts';

/** What the driver would declare and send. */
function bind(value: unknown): { readonly declaration: string; readonly value: unknown } {
  const request = new TypedRequest('select @1', () => {});
  request.addParameter('1', undefined as never, value);
  const [parameter] = request.parameters;
  if (!parameter) throw new Error('nothing was bound');
  return { declaration: parameter.type.declaration(parameter), value: parameter.value };
}

describe('TypedRequest', () => {
  it.each<[SqlType, unknown, string]>([
    [uuid, '00000000-0000-4000-8000-000000000001', 'uniqueidentifier'],
    [nvarchar(64), 'DEMO-500', 'nvarchar(64)'],
    [nvarchar(64), null, 'nvarchar(64)'],
    [nvarchar('max'), '{}', 'nvarchar(max)'],
    [char(64), 'a'.repeat(64), 'char(64)'],
    [varchar(55), '00-1', 'varchar(55)'],
    [bigint, 5_000_000_000, 'bigint'],
    [real, 12.5, 'real'],
  ])('binds %j as it is declared', (type, value, declaration) => {
    expect(bind(new TypedValue(type, value))).toEqual({ declaration, value });
  });

  it('binds a time to the millisecond', () => {
    expect(bind(new TypedValue(time, '2026-01-31T08:00:00.123Z'))).toEqual({
      declaration: 'datetime2(3)',
      value: new Date('2026-01-31T08:00:00.123Z'),
    });
    expect(bind(new TypedValue(time, null))).toEqual({ declaration: 'datetime2(3)', value: null });
    expect(() => bind(new TypedValue(time, 'noon'))).toThrow('not ISO 8601');
  });

  it('binds flags as bits', () => {
    expect([1, 0, null].map((flag) => bind(new TypedValue(bit, flag)).value)).toEqual([true, false, null]);
  });

  it('cuts no value that is longer than the column: it matches nothing', () => {
    expect(bind(new TypedValue(nvarchar(64), 'x'.repeat(65))).declaration).toBe('nvarchar(4000)');
    expect(bind(new TypedValue(nvarchar(64), 'x'.repeat(4001))).declaration).toBe('nvarchar(max)');
  });

  it('refuses a text that has no type', () => {
    expect(() => bind('DEMO-500')).toThrow('parameter 1 has no type');
  });

  it('puts rows in form before others see them', () => {
    const request = new TypedRequest('select 1', () => {});
    const seen: unknown[] = [];
    request.on('row', (columns) => seen.push(columns.map(({ value }: { value: unknown }) => value)));
    const metadata = [
      { colName: 'seq', type: TYPES.BigInt },
      { colName: 'isMain', type: TYPES.Bit },
    ];
    request.emit('columnMetadata', metadata as never);
    request.emit('row', [{ value: '7' }, { value: false }]);
    expect(seen).toEqual([[7, 0]]);
  });

  it('gives the first of several errors of an answer', () => {
    const errors: unknown[] = [];
    const request = new TypedRequest('select 1', (error) => errors.push(error));
    const [first, second] = [new Error('deadlock'), new Error('and so the batch ended')];
    request.callback(new AggregateError([first, second]));
    request.callback(undefined);
    expect(errors).toEqual([first, undefined]);
  });
});
