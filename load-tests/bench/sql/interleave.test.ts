import { describe, expect, it } from '@jest/globals';
import { type Side, interleave } from './interleave.ts';

describe('interleave', () => {
  it('times every side once a round, without its preparation and without the warm-up', async () => {
    let clockMs = 0;
    const calls: string[] = [];
    const side = (name: string, tookMs: number): Side => ({
      prepare: async () => {
        clockMs += 1000;
      },
      run: () => {
        calls.push(name);
        clockMs += tookMs;
      },
    });
    const samples = await interleave(
      { product: side('product', 3), bare: side('bare', 2) },
      { rounds: 20, warmUp: 5, nowMs: () => clockMs },
    );
    expect(samples).toEqual({ product: Array(20).fill(3), bare: Array(20).fill(2) });
    expect(calls).toHaveLength(50);
    expect(calls.filter((name) => name === 'bare')).toHaveLength(25);
  });

  it('lets each side come first in some rounds', async () => {
    const calls: string[] = [];
    const side = (name: string): Side => ({ run: () => calls.push(name) });
    await interleave({ a: side('a'), b: side('b') }, { rounds: 40, warmUp: 0 });
    const firsts = calls.filter((_name, index) => index % 2 === 0);
    expect(new Set(firsts)).toEqual(new Set(['a', 'b']));
  });
});
