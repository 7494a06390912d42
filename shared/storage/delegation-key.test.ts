import { expect, it } from '@jest/globals';
import type { UserDelegationKey } from '@azure/storage-blob';
import { cachedDelegationKey } from './delegation-key.ts';

const HOUR_MS = 3_600_000;

function rig() {
  let nowMs = Date.parse('2026-03-02T08:00:00.000Z');
  const asked: { fromMs: number; untilMs: number }[] = [];
  const failures: Error[] = [];
  const key = cachedDelegationKey(
    async (from, until) => {
      asked.push({ fromMs: from.getTime() - nowMs, untilMs: until.getTime() - nowMs });
      const failure = failures.pop();
      if (failure) throw failure;
      return { value: `key ${asked.length}` } as UserDelegationKey;
    },
    { now: () => new Date(nowMs) },
  );
  return { asked, failures, key, pass: (ms: number) => (nowMs += ms) };
}

it('asks once for callers that come together, and again when the key is an hour old', async () => {
  const { asked, key, pass } = rig();
  const [first, second] = await Promise.all([key(), key()]);
  expect(second).toBe(first);
  pass(HOUR_MS);
  expect(await key()).toBe(first);
  pass(1);
  expect(await key()).not.toBe(first);
  expect(asked).toHaveLength(2);
});

it('asks for a key that outlives every link signed with it', async () => {
  const { asked, key } = rig();
  await key();
  expect(asked[0]?.fromMs).toBeLessThan(0);
  expect(asked[0]?.untilMs).toBeGreaterThan(2 * HOUR_MS);
});

it('keeps no failure', async () => {
  const { failures, key } = rig();
  failures.push(new Error('away'));
  await expect(key()).rejects.toThrow('away');
  await expect(key()).resolves.toMatchObject({ value: 'key 2' });
});
