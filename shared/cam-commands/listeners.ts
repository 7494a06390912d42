import type { Database } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import { type ClaimedCount, claimedCounts } from './lanes.ts';
import type { LiveWorkstation } from './wait-reason.ts';
import { liveWorkstations } from './workstations.ts';

/** However many agents there are: whom no bell reaches is reached by the sweeper's, or asks by itself. */
const MAX_BELLS = 10;
/** So long a count is taken for true: orders that come in quick succession count once. */
const FRESH_MS = 5000;

/**
 * How many bells it takes to reach every agent that listens: all hear one queue, each bell is heard by one of them, and it need not be
 * the one that may take the work. With no seat free, or nobody logged on, an agent does not listen.
 */
export function bellsNeeded(
  workstations: readonly Pick<LiveWorkstation, 'name' | 'runner' | 'seats'>[],
  claimed: readonly Pick<ClaimedCount, 'workstation' | 'count'>[],
): number {
  const inUse = new Map<string, number>();
  for (const { workstation, count } of claimed) inUse.set(workstation, (inUse.get(workstation) ?? 0) + count);
  const listening = workstations.filter(
    ({ name, runner, seats }) => runner !== 'absent' && (inUse.get(name) ?? 0) < seats,
  );
  return Math.min(Math.max(listening.length, 1), MAX_BELLS);
}

/** Counts the bells needed now, for what has just been queued; anew after a few seconds. */
export function createBellCount({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): () => Promise<number> {
  let known: { readonly at: number; readonly bells: number } | undefined;
  return async () => {
    const now = clock.now();
    const at = now.getTime();
    if (!known || at < known.at || at - known.at >= FRESH_MS) {
      const workstations = await liveWorkstations(database.read, now);
      known = { at, bells: bellsNeeded(workstations, await claimedCounts(database.read)) };
    }
    return known.bells;
  };
}
