import type { CommandTypes } from './command-types.ts';
import type { Ability } from './contracts.ts';
import type { ClaimedCount, Head, Wanted } from './lanes.ts';
import { type LicencePools, type PoolUse, poolOf, poolUses } from './licence-pools.ts';
import { type Pause, coversLane, coversWorkstation, isInForce } from './pause-rules.ts';

/** What decides whether items may be claimed, whoever asks. */
export interface QueueFacts {
  readonly now: Date;
  readonly commandTypes: CommandTypes;
  readonly licencePools: LicencePools;
  readonly pauses: readonly Pause[];
  readonly claimed: readonly ClaimedCount[];
}

/** What a workstation offers. */
export interface Offer {
  readonly name: string;
  readonly applications: readonly string[];
  /** Null: an agent of version 0.1, which takes anything of its applications. */
  readonly abilities: readonly Ability[] | null;
  /** `absent`: CAM programs cannot be started there; null: an agent of version 0.1, which starts them itself. */
  readonly runner: string | null;
}

/** Why the items of a lane wait, wherever. */
export type LaneObstacle =
  | { readonly kind: 'paused'; readonly pause: Pause }
  | { readonly kind: 'no-licence'; readonly pool: PoolUse };

/** What a lane wants and a workstation does not offer. */
export type Lack = 'application' | 'version' | 'post-processor' | 'machine';

/** What keeps the items of this lane from being claimed by anybody; undefined when nothing does. */
export function laneObstacle(
  lane: Pick<Wanted, 'application' | 'commandType'>,
  facts: QueueFacts,
): LaneObstacle | undefined {
  const pause = facts.pauses.find((one) => isInForce(one, facts.now) && coversLane(one, lane));
  if (pause) return { kind: 'paused', pause };
  const name = poolOf(facts.commandTypes, lane);
  if (facts.licencePools[name] === undefined) return undefined;
  const pool = poolUses(facts.commandTypes, facts.licencePools, facts.claimed).find(
    (one) => one.name === name,
  );
  return pool && pool.seats !== null && pool.inUse >= pool.seats ? { kind: 'no-licence', pool } : undefined;
}

/** What keeps a workstation from claiming anything; undefined when nothing does. */
export function workstationObstacle(
  { name, runner }: Pick<Offer, 'name' | 'runner'>,
  { pauses, now }: Pick<QueueFacts, 'pauses' | 'now'>,
): { readonly kind: 'paused'; readonly pause: Pause } | { readonly kind: 'no-runner' } | undefined {
  const pause = pauses.find((one) => isInForce(one, now) && coversWorkstation(one, name));
  if (pause) return { kind: 'paused', pause };
  return runner === 'absent' ? { kind: 'no-runner' } : undefined;
}

/** What the workstation lacks for a lane; undefined when it can take its items. */
export function lackOf(
  offer: Pick<Offer, 'applications' | 'abilities'>,
  wanted: Wanted,
  types: CommandTypes,
): Lack | undefined {
  if (!offer.applications.includes(wanted.application)) return 'application';
  if (offer.abilities === null) return undefined;
  const ability = offer.abilities.find((one) => one.application === wanted.application);
  if (!ability) return 'application';
  const minVersion = types.find(wanted.application, wanted.commandType)?.ability.minVersion;
  if (minVersion !== undefined && !isAtLeast(ability.version, minVersion)) return 'version';
  if (!takesPostProcessor(ability, wanted.postProcessor)) return 'post-processor';
  return takesMachine(ability, wanted.machine) ? undefined : 'machine';
}

/**
 * The head that this workstation is to claim: among the lanes it may take from, highest priority first, then whose turn it is, then the
 * oldest.
 */
export function bestHead(heads: readonly Head[], offer: Offer, facts: QueueFacts): Head | undefined {
  if (workstationObstacle(offer, facts)) return undefined;
  return heads
    .filter((head) => lackOf(offer, head, facts.commandTypes) === undefined && !laneObstacle(head, facts))
    .toSorted(byOrder)[0];
}

/** Order in which items are claimed. */
export function byOrder(
  one: Pick<Head, 'priority' | 'turn' | 'seq'>,
  two: Pick<Head, 'priority' | 'turn' | 'seq'>,
): number {
  return two.priority - one.priority || one.turn - two.turn || one.seq - two.seq;
}

/** Dotted numbers compared number by number; missing ones count as 0. An unknown version is good for nothing that asks for one. */
export function isAtLeast(version: string | undefined, least: string): boolean {
  if (version === undefined) return false;
  const [have, want] = [version, least].map((text) => text.split('.').map(Number));
  for (let index = 0; index < Math.max(have?.length ?? 0, want?.length ?? 0); index += 1) {
    const difference = (have?.[index] ?? 0) - (want?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function takesPostProcessor({ postProcessors }: Ability, wanted: string): boolean {
  return wanted === '' || postProcessors === undefined || postProcessors.includes(wanted);
}

/** `DMG-*` is every machine whose name begins so. */
function takesMachine({ machines }: Ability, wanted: string): boolean {
  if (wanted === '' || machines === undefined) return true;
  return machines.some((name) =>
    name.endsWith('*') ? wanted.startsWith(name.slice(0, -1)) : name === wanted,
  );
}
