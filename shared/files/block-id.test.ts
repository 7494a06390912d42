import { expect, it } from '@jest/globals';
import { blockIndex, compareBlockIds } from './block-id.ts';

const id = (text: string): string => Buffer.from(text).toString('base64');

it.each([
  ['000012-0123456789abcdef', 12],
  ['000000-0123456789abcdef', 0],
  ['12-0123456789abcdef', null],
  ['000012-0123456789ABCDEF', null],
  ['000012-0123456789abcdef0', null],
  ['anything', null],
  ['', null],
])('the index of %j is %p', (text, index) => {
  expect(blockIndex(id(text))).toBe(index);
});

it('orders by index where the text of the ids does not', () => {
  const ids = Array.from({ length: 1000 }, (_, index) =>
    id(`${String(index).padStart(6, '0')}-0123456789abcdef`),
  );
  expect(ids.toSorted()).not.toEqual(ids);
  expect(ids.toReversed().toSorted(compareBlockIds)).toEqual(ids);
});
