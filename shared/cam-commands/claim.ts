import type { Database, Queries } from '../data/index.ts';
import type { CommandTypes } from './command-types.ts';
import { type Offer, type QueueFacts, bestHead, workstationObstacle } from './eligibility.ts';
import { claimedCounts, headsOfLanes } from './lanes.ts';
import { type LicencePools, limitedPools } from './licence-pools.ts';
import { pausesInForce } from './pauses.ts';
import { type WorkItem, workQueueOf } from './work-queue.ts';

/** Claims that lost this many races in a row come back later: a bell rings again for what waits. */
const MAX_RACES = 20;

export interface ClaimDeps {
  readonly database: Pick<Database, 'dialect'>;
  readonly commandTypes: CommandTypes;
  /** Default: no pool has a limit. */
  readonly licencePools?: LicencePools | undefined;
}

export interface WantedClaim {
  readonly claimId: string;
  /** The workstation, its applications narrowed to those it asks for now. */
  readonly offer: Offer;
  readonly now: Date;
}

/**
 * Claims for a workstation the item that comes next among those it may take, or finds the one that this `claimId` holds already. It
 * reads first what waits and decides, then takes the item by its number in a statement that asks whether it still waits; whoever was
 * slower decides anew.
 *
 * Seats of a licence pool are counted, so claims of a pool with a limit follow one another: by SQLite's one writer, on SQL Server by a
 * lock that is taken before anything of the queue is read, and that the transaction holds until it has committed. So it holds under
 * SNAPSHOT as well, in which a memory-optimized table is read as it was when the transaction first came to it.
 */
export async function claimNext(
  deps: ClaimDeps,
  trx: Queries,
  { claimId, offer, now }: WantedClaim,
): Promise<{ readonly item: WorkItem; readonly repeated: boolean } | undefined> {
  const queue = workQueueOf(deps.database);
  const { commandTypes, licencePools = {} } = deps;
  const pauses = await pausesInForce(trx, now);
  const closed = workstationObstacle(offer, { pauses, now }) !== undefined;
  if (!closed)
    await queue.lock(trx, limitedPools(commandTypes, licencePools, offer.applications).map(lockName));

  const claimant = { claimId, workstation: offer.name };
  const before = await queue.findClaim(trx, claimant);
  if (before) return { item: before, repeated: true };
  if (closed) return undefined;

  for (let races = 0; races < MAX_RACES; races += 1) {
    const heads = await headsOfLanes(trx, deps.database.dialect, now.toISOString());
    const claimed = heads.length === 0 ? [] : await claimedCounts(trx);
    const facts: QueueFacts = { now, commandTypes, licencePools, pauses, claimed };
    const head = bestHead(heads, offer, facts);
    if (!head) return undefined;
    const leaseMs =
      commandTypes.find(head.application, head.commandType)?.limits.leaseMs ?? longestLeaseMs(commandTypes);
    const leaseUntil = new Date(now.getTime() + leaseMs).toISOString();
    const item = await queue.claim(trx, { ...claimant, seq: head.seq, leaseUntil });
    if (item) return { item, repeated: false };
  }
  return undefined;
}

/** For an item whose type is not known before it is claimed. */
function longestLeaseMs(types: CommandTypes): number {
  return Math.max(...types.all().map((type) => type.limits.leaseMs));
}

function lockName(pool: string): string {
  return `licence-pool-${pool}`;
}
