import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { code, instant, queryBoolean, queryInteger, text, timestamp, top } from './fields.ts';

const taken = (schema: z.ZodType, value: unknown): unknown => schema.parse(value);
const refused = (schema: z.ZodType, value: unknown): boolean => !schema.safeParse(value).success;

describe('text', () => {
  it.each([
    ['a', 'a'],
    ['  spaces stay  ', '  spaces stay  '],
    ['Gehäuse', 'Gehäuse'],
    ['하우징 😀', '하우징 😀'],
    ['e\u0301', '\u00e9'],
    ["'; DROP TABLE Item; --", "'; DROP TABLE Item; --"],
  ])('%j becomes %j', (given, kept) => {
    expect(taken(text(100), given)).toBe(kept);
  });

  it.each(['', 'x'.repeat(11), 'a\0', 'a\nb', 'a\tb', 'a\x7f', 'a\x85', '\ud800', 7, null, ['a']])(
    'refuses %j',
    (value) => {
      expect(refused(text(10), value)).toBe(true);
    },
  );

  it('counts after normalisation, and stays quick on long input', () => {
    expect(taken(text(3), 'e\u0301'.repeat(3))).toBe('\u00e9'.repeat(3));
    expect(refused(text(3), 'e\u0301'.repeat(1_000_000))).toBe(true);
  });

  it('takes lines where a comment is meant', () => {
    expect(taken(text(20, { multiline: true }), 'a\r\n\tb\nc')).toBe('a\n\tb\nc');
    expect(refused(text(20, { multiline: true }), 'a\rb')).toBe(true);
    expect(refused(text(20, { multiline: true }), 'a\0b')).toBe(true);
    expect(taken(text(20, { min: 0 }), '')).toBe('');
  });
});

it('a code has no space at its ends', () => {
  expect(taken(code(10), 'PRT-001 A')).toBe('PRT-001 A');
  for (const value of [' A', 'A ', '\u00a0A', '']) expect(refused(code(10), value)).toBe(true);
});

it.each([
  ['1', 1],
  ['500', 500],
  ['007', 7],
])('queryInteger reads %s', (value, expected) => {
  expect(taken(queryInteger(1, 500), value)).toBe(expected);
});

it.each(['', ' 1', '1.0', '1e2', '0x10', '0', '501', '-1', 'NaN', '99999999999999999999', '１'])(
  'queryInteger refuses %j',
  (value) => {
    expect(refused(queryInteger(1, 500), value)).toBe(true);
  },
);

it('top falls back to the page size of the list', () => {
  expect(taken(top(500, 200), undefined)).toBe(200);
  expect(taken(top(500, 200), '5')).toBe(5);
});

it('queryBoolean knows two words', () => {
  expect(taken(queryBoolean(), 'true')).toBe(true);
  expect(taken(queryBoolean(), 'false')).toBe(false);
  for (const value of ['', '1', 'TRUE', 'yes']) expect(refused(queryBoolean(), value)).toBe(true);
});

it('instants are read with their offset and written in UTC', () => {
  expect(taken(instant(), '2026-01-31T09:00:00+09:00')).toEqual(new Date('2026-01-31T00:00:00.000Z'));
  for (const value of ['2026-01-31', '2026-02-30T00:00:00Z', '2026-01-31T00:00:00', 'now', '']) {
    expect(refused(instant(), value)).toBe(true);
  }
  expect(taken(timestamp(), new Date(0).toISOString())).toBe('1970-01-01T00:00:00.000Z');
  expect(refused(timestamp(), '1970-01-01T00:00:00Z')).toBe(true);
});
