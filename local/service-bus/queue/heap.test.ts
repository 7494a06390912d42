import { describe, expect, it } from '@jest/globals';
import { Heap } from './heap.ts';

function drain(heap: Heap<number>): number[] {
  const out: number[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) out.push(item);
  return out;
}

describe('Heap', () => {
  it('gives items smallest first, however they came', () => {
    const heap = new Heap<number>((n) => n);
    const items = Array.from({ length: 500 }, (_, n) => (n * 7919) % 503);
    for (const item of items) heap.push(item);
    expect(heap.peek()).toBe(Math.min(...items));
    expect(drain(heap)).toEqual(items.toSorted((a, b) => a - b));
    expect([heap.size, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
  });

  it('stays in order after a compaction', () => {
    const heap = new Heap<number>((n) => n);
    for (let n = 0; n < 100; n++) heap.push((n * 37) % 101);
    heap.compact((n) => n % 3 === 0);
    heap.push(1);
    const rest = drain(heap);
    expect(rest).toEqual(rest.toSorted((a, b) => a - b));
    expect(rest.every((n) => n === 1 || n % 3 === 0)).toBe(true);
  });
});
