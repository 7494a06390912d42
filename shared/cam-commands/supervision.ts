import type { Database } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import type { DispatchMessage } from './contracts.ts';
import { type WorkItem, expireLeases, lostItems, waitingByApplication } from './work-queue.ts';

/**
 * How long the database must have answered without a break before an overdue lease counts. While it was away no agent could
 * renew, and right after its return the watchdog must not be faster than their heartbeats.
 */
export const WATCHDOG_GRACE_MS = 20_000;

/** What the watchdog remembers between its rounds. */
export interface WatchdogMemory {
  /** Since when, in this process, every round has found the database; null after one that did not. */
  readonly healthySince: number | null;
}

export interface WatchdogStep {
  readonly memory: WatchdogMemory;
  /** Leases that ended before this instant are lost; null: expire none in this round. */
  readonly expireBefore: Date | null;
}

/** The watchdog's decision, pure: whether leases may be declared lost in a round that reached the database at `now`. */
export function watchdogStep(memory: WatchdogMemory, now: Date): WatchdogStep {
  const healthySince = memory.healthySince ?? now.getTime();
  const sure = now.getTime() - healthySince >= WATCHDOG_GRACE_MS;
  return { memory: { healthySince }, expireBefore: sure ? now : null };
}

/** One round of the attempt watchdog: declares overdue claims lost and returns every lost one nobody has taken note of yet. */
export async function findLostAttempts(
  deps: { readonly database: Database; readonly clock: Clock },
  memory: WatchdogMemory,
): Promise<{ readonly memory: WatchdogMemory; readonly lost: readonly WorkItem[] }> {
  await deps.database.check();
  const step = watchdogStep(memory, deps.clock.now());
  const { expireBefore } = step;
  if (expireBefore) {
    await deps.database.transaction((trx) => expireLeases(trx, expireBefore.toISOString()));
  }
  return { memory: step.memory, lost: await lostItems(deps.database) };
}

/** The bells to ring for work that waits: one per application; an agent that hears one claims until nothing is left. */
export async function bellsToRing(deps: {
  readonly database: Database;
  readonly clock: Clock;
}): Promise<DispatchMessage[]> {
  const waiting = await waitingByApplication(deps.database, deps.clock.now().toISOString());
  return waiting.map(({ application, workItemId }) => ({ schemaVersion: 1, workItemId, application }));
}
