import type { Database } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import type { AttemptDeps, AttemptKey } from './attempts.ts';
import { concludeFailed } from './conclude.ts';
import type { CommandTypes } from './command-types.ts';
import { type DispatchMessage, applications } from './contracts.ts';
import { byOrder, laneObstacle } from './eligibility.ts';
import { claimedCounts, headsOfLanes } from './lanes.ts';
import type { LicencePools } from './licence-pools.ts';
import { bellsNeeded } from './listeners.ts';
import { pausesInForce } from './pauses.ts';
import { type WorkItem, expireLeases, lostItems } from './work-queue.ts';
import { liveWorkstations } from './workstations.ts';

/**
 * How long the database must have answered without a break before an overdue lease counts. While it was away no agent could
 * renew, and right after its return the watchdog must not be faster than their heartbeats.
 */
export const WATCHDOG_GRACE_MS = 20_000;

/** A watchdog that missed rounds for this long (process stopped, machine asleep), or whose clock was set back, starts anew. */
export const WATCHDOG_GAP_MS = 15_000;

/** What the watchdog remembers between its rounds; times in milliseconds since the epoch. */
export interface WatchdogMemory {
  /** Since when, in this process, every round has found the database; null after one that did not. */
  readonly healthySince: number | null;
  readonly lastRoundAt: number | null;
}

/** The memory of a watchdog that starts, or whose last round failed. */
export const UNWATCHED: WatchdogMemory = { healthySince: null, lastRoundAt: null };

export interface WatchdogStep {
  readonly memory: WatchdogMemory;
  /** Leases that ended before this instant are lost; null: expire none in this round. */
  readonly expireBefore: Date | null;
}

/** The watchdog's decision, pure: whether leases may be declared lost in a round that reached the database at `now`. */
export function watchdogStep(before: WatchdogMemory, now: Date): WatchdogStep {
  const at = now.getTime();
  const gapMs = before.lastRoundAt === null ? Infinity : at - before.lastRoundAt;
  const unbroken = gapMs >= 0 && gapMs <= WATCHDOG_GAP_MS;
  const healthySince = (unbroken ? before.healthySince : null) ?? at;
  const sure = at - healthySince >= WATCHDOG_GRACE_MS;
  return { memory: { healthySince, lastRoundAt: at }, expireBefore: sure ? now : null };
}

/** One round of the attempt watchdog: declares overdue claims lost and returns every lost one nobody has taken note of yet. */
export async function findLostAttempts(
  deps: { readonly database: Database; readonly clock: Clock },
  memory: WatchdogMemory,
): Promise<{ readonly memory: WatchdogMemory; readonly lost: readonly WorkItem[] }> {
  const step = watchdogStep(memory, deps.clock.now());
  // Also in a round that may expire nothing: only a write shows that agents could have renewed their leases.
  const deadline = (step.expireBefore ?? new Date(0)).toISOString();
  await deps.database.transaction((trx) => expireLeases(trx, deadline));
  return { memory: step.memory, lost: await lostItems(deps.database) };
}

/** Ends a command whose lost attempt nobody can decide any more: its orchestration was terminated, failed or is gone. */
export async function abandonAttempt(deps: AttemptDeps, key: AttemptKey): Promise<void> {
  await concludeFailed(deps, key, {
    status: 'Lost',
    error: {
      code: 'INTERNAL',
      message: 'The run of this command was ended from outside before it was decided.',
      retryable: false,
    },
  });
}

export interface BellDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
  /** Default: no pool has a limit. */
  readonly licencePools?: LicencePools | undefined;
}

/**
 * The bells to ring for work that waits: for every application of which an item may be claimed as many as there are agents that listen,
 * paused ones and pools without a seat left out. An agent that hears one claims until nothing is left.
 */
export async function bellsToRing(deps: BellDeps): Promise<DispatchMessage[]> {
  const { database, commandTypes, licencePools = {} } = deps;
  const now = deps.clock.now();
  const heads = await headsOfLanes(database.read, database.dialect, now.toISOString());
  if (heads.length === 0) return [];
  const pauses = await pausesInForce(database.read, now);
  const claimed = await claimedCounts(database.read);
  const facts = { now, commandTypes, licencePools, pauses, claimed };
  const open = heads.filter((head) => !laneObstacle(head, facts)).toSorted(byOrder);
  if (open.length === 0) return [];
  const bells = bellsNeeded(await liveWorkstations(database.read, now), claimed);
  return applications.flatMap((application) => {
    const next = open.find((head) => head.application === application);
    if (!next) return [];
    const bell: DispatchMessage = { schemaVersion: 1, workItemId: next.workItemId, application };
    return Array.from({ length: bells }, () => bell);
  });
}
