import { describe, expect, it } from '@jest/globals';
import { afterDeath } from './restart-policy.ts';

/** The delays that one quick death after another gets. */
function delaysOf(deaths: number, livedMs: number): number[] {
  let quickDeaths = 0;
  return Array.from({ length: deaths }, () => {
    const record = afterDeath(quickDeaths, livedMs);
    quickDeaths = record.quickDeaths;
    return record.delayMs;
  });
}

describe('the restart of a part that died', () => {
  it('is immediate twice, then waits twice as long each time, never longer than 10 s', () => {
    expect(delaysOf(10, 100)).toEqual([0, 0, 250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('is always immediate when it had lived for ten seconds', () => {
    expect(delaysOf(5, 10_000)).toEqual([0, 0, 0, 0, 0]);
  });

  it('is immediate again after one long life', () => {
    expect(afterDeath(7, 60_000)).toEqual({ quickDeaths: 0, delayMs: 0 });
  });
});
