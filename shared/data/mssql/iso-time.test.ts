import { describe, expect, it } from '@jest/globals';
import { isoTime } from './iso-time.ts';

describe('isoTime', () => {
  it.each([
    '2026-01-31T08:00:00.123Z',
    '2026-01-31T00:00:00.000Z',
    '2026-01-31T23:59:59.999Z',
    '2024-02-29T12:34:56.007Z',
    '1970-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ])('writes %s', (text) => {
    expect(isoTime(new Date(text))).toBe(text);
  });

  it('writes more days than it keeps', () => {
    const dates = Array.from({ length: 10_050 }, (_, day) => new Date(Date.UTC(1990, 0, 1 + day, 6)));
    expect([...dates, ...dates].map(isoTime)).toEqual([...dates, ...dates].map((date) => date.toISOString()));
  });

  it('refuses what is no time', () => {
    expect(() => isoTime(new Date(Number.NaN))).toThrow(RangeError);
  });
});
