import { describe, expect, it } from '@jest/globals';
import { type Measurement, holds, median } from './benchmark.ts';

describe('holds', () => {
  it.each<[Pick<Measurement, 'value' | 'unit' | 'limit'>, boolean]>([
    [{ value: 1.15, unit: '×', limit: 1.15 }, true],
    [{ value: 1.2, unit: '×', limit: 1.15 }, false],
    [{ value: 40_000, unit: 'rows/s', limit: 30_000 }, true],
    [{ value: 20_000, unit: 'rows/s', limit: 30_000 }, false],
    [{ value: 20_000, unit: 'rows/s' }, true],
    [{ value: undefined, unit: 'MB', limit: 150 }, true],
  ])('%j: %s', (measurement, expected) => {
    expect(holds({ name: 'it', ...measurement })).toBe(expected);
  });
});

describe('median', () => {
  it('is the middle, or the mean of two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
