import { describe, expect, it } from '@jest/globals';
import { rowBatches } from './row-batches.ts';

describe('rowBatches', () => {
  it.each([
    [0, 8, []],
    [3, 8, [3]],
    [501, 8, [250, 250, 1]],
    [2500, 1, [1000, 1000, 500]],
  ])('%i rows of %i columns', (rows, columns, sizes) => {
    const row = Object.fromEntries(Array.from({ length: columns }, (_, index) => [`c${index}`, index]));
    expect(rowBatches(Array.from({ length: rows }, () => row)).map((batch) => batch.length)).toEqual(sizes);
  });
});
