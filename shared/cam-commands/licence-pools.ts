import type { CommandTypes } from './command-types.ts';
import type { ClaimedCount, Wanted } from './lanes.ts';

/** Seats of each licence pool, shared by all workstations (`LicencePools__<pool>`); a pool that is not named has no limit. */
export type LicencePools = Readonly<Record<string, number>>;

/** Seats of one pool. */
export interface PoolUse {
  readonly name: string;
  /** Null: no limit. */
  readonly seats: number | null;
  readonly inUse: number;
}

/** The pool that a run of this kind takes a seat from. Of what version 0.1 put in, only the application is known: its first pool. */
export function poolOf(
  types: CommandTypes,
  { application, commandType }: Pick<Wanted, 'application'> & { readonly commandType: string | null },
): string {
  const type = commandType ? types.find(application, commandType) : undefined;
  return (
    type?.licencePool ??
    types.all().find((one) => one.application === application)?.licencePool ??
    application
  );
}

/** Every pool with its seats in use. */
export function poolUses(
  types: CommandTypes,
  pools: LicencePools,
  claimed: readonly ClaimedCount[],
): PoolUse[] {
  const inUse = new Map<string, number>(types.all().map((type) => [type.licencePool, 0]));
  for (const one of claimed) {
    const pool = poolOf(types, one);
    inUse.set(pool, (inUse.get(pool) ?? 0) + one.count);
  }
  return [...inUse].map(([name, used]) => ({ name, seats: pools[name] ?? null, inUse: used }));
}

/** The pools with a limit that runs of these applications may take from. */
export function limitedPools(
  types: CommandTypes,
  pools: LicencePools,
  wanted: readonly string[],
): readonly string[] {
  const names = types
    .all()
    .filter((type) => wanted.includes(type.application))
    .map((type) => type.licencePool);
  return [...new Set(names)].filter((name) => pools[name] !== undefined);
}
