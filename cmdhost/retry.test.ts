import { describe, expect, it } from '@jest/globals';
import { backoffMs, retry, UNTIL_IT_WORKS, within } from './retry.ts';

const AT_ONCE = { firstDelayMs: 0, factor: 1, maxDelayMs: 0 };
const never = new AbortController().signal;

describe('retry', () => {
  it('waits between half and all of a doubling delay, up to the cap', () => {
    expect([1, 2, 3, 20].map((attempt) => backoffMs(attempt, UNTIL_IT_WORKS, () => 0))).toEqual([
      100, 200, 400, 2500,
    ]);
    expect([1, 2, 3, 20].map((attempt) => backoffMs(attempt, UNTIL_IT_WORKS, () => 1))).toEqual([
      200, 400, 800, 5000,
    ]);
  });

  it('tries again while the failure is transient', async () => {
    let tries = 0;
    const work = async (): Promise<number> => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return tries;
    };
    expect(await retry(work, { policy: AT_ONCE, signal: never, isTransient: () => true })).toBe(3);
  });

  it.each([
    ['the failure is final', { policy: AT_ONCE, isTransient: (): boolean => false }, 1],
    ['its tries are used up', { policy: { ...AT_ONCE, attempts: 4 }, isTransient: (): boolean => true }, 4],
  ])('gives up when %s', async (_name, options, expected) => {
    let tries = 0;
    const work = async (): Promise<never> => {
      tries += 1;
      throw new Error('no');
    };
    await expect(retry(work, { ...options, signal: never })).rejects.toThrow('no');
    expect(tries).toBe(expected);
  });

  it('ends by its signal, with the reason, also while it waits', async () => {
    const stop = new AbortController();
    const work = async (): Promise<never> => {
      queueMicrotask(() => stop.abort(new Error('enough')));
      throw new Error('no');
    };
    const policy = { firstDelayMs: 60_000, factor: 1, maxDelayMs: 60_000 };
    await expect(retry(work, { policy, signal: stop.signal, isTransient: () => true })).rejects.toThrow(
      'enough',
    );
  });

  it('waits for work within a limit', async () => {
    expect(await within(60_000, Promise.resolve())).toBe(true);
    expect(await within(0, new Promise(() => undefined))).toBe(false);
  });
});
