import type { UserDelegationKey } from '@azure/storage-blob';
import type { Clock } from '../time/clock.ts';

/** Clocks differ: what is signed is valid a little before it was made. */
export const CLOCK_SKEW_MS = 5 * 60_000;
/** A key is good for more than two hours and asked for again after one, so that any link may last an hour. */
const KEY_REFRESH_MS = 3_600_000;
const KEY_LIFETIME_MS = 2 * 3_600_000 + CLOCK_SKEW_MS;

/** The user delegation key in force: asked for once an hour, shared by those who ask together, asked for again when that failed. */
export function cachedDelegationKey(
  request: (from: Date, until: Date) => Promise<UserDelegationKey>,
  clock: Clock,
): () => Promise<UserDelegationKey> {
  let cached: { readonly key: Promise<UserDelegationKey>; readonly madeAt: number } | undefined;
  return () => {
    const now = clock.now().getTime();
    if (!cached || now - cached.madeAt > KEY_REFRESH_MS) {
      const key = request(new Date(now - CLOCK_SKEW_MS), new Date(now + KEY_LIFETIME_MS));
      const made = { key, madeAt: now };
      cached = made;
      key.catch(() => {
        if (cached === made) cached = undefined;
      });
    }
    return cached.key;
  };
}
