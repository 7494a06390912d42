import { expect, it } from '@jest/globals';
import { MAX_FILE_BYTES, blockSizeBytes } from './limits.ts';

const MIB = 1024 * 1024;

it.each([
  [0, 8 * MIB],
  [8000 * MIB, 8 * MIB],
  [8000 * MIB + 1, 9 * MIB],
  [MAX_FILE_BYTES, 21 * MIB],
  [10 ** 12, 100 * MIB],
])('a file of %i bytes goes in blocks of %i', (sizeBytes, expected) => {
  expect(blockSizeBytes(sizeBytes)).toBe(expected);
});

it('the largest file has far fewer blocks than a blob may have', () => {
  expect(MAX_FILE_BYTES / blockSizeBytes(MAX_FILE_BYTES)).toBeLessThanOrEqual(1000);
});
