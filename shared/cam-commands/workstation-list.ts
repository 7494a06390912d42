import { z } from 'zod';
import type { Database } from '../data/index.ts';
import { timestamp } from '../http/index.ts';
import type { Clock } from '../time/clock.ts';
import type { CommandTypes } from './command-types.ts';
import { ability, applications } from './contracts.ts';
import { claimedCounts } from './lanes.ts';
import { type LicencePools, type PoolUse, poolUses } from './licence-pools.ts';
import { type Pause, coversWorkstation } from './pause-rules.ts';
import { pausesInForce } from './pauses.ts';
import { WORKSTATION_SILENT_MS, offerOf } from './workstations.ts';

/** `silent`: not heard of for three minutes; `no-runner`: nobody is logged on there; `busy`: all seats in use. */
export const workstationStates = ['ready', 'busy', 'paused', 'no-runner', 'silent'] as const;
export type WorkstationState = (typeof workstationStates)[number];

const runningCommand = z.object({
  commandId: z.uuid(),
  attemptId: z.uuid(),
  phase: z.string().nullable(),
  percent: z.number().nullable(),
});

/** A workstation as the API shows it. */
export const workstationView = z
  .object({
    name: z.string(),
    state: z.enum(workstationStates),
    seats: z.int(),
    seatsInUse: z.int(),
    applications: z.array(z.enum(applications)),
    abilities: z.array(ability).nullable().describe('Null: any of its applications.'),
    agentVersion: z.string(),
    platform: z.string().nullable(),
    runner: z.string().nullable(),
    certificateExpiresAt: timestamp().nullable(),
    lastSeenAt: timestamp(),
    pause: z.object({ pauseId: z.uuid(), reason: z.string(), resumeAt: timestamp().nullable() }).nullable(),
    running: z.array(runningCommand),
  })
  .meta({ id: 'Workstation' });
export type WorkstationView = z.infer<typeof workstationView>;

interface Deps {
  readonly database: Database;
  readonly clock: Clock;
}

/** Every workstation that has ever announced itself, by name, with what it runs now: three queries. */
export async function listWorkstations({ database, clock }: Deps): Promise<WorkstationView[]> {
  const now = clock.now();
  const { read } = database;
  const rows = await read.selectFrom('Workstation').selectAll().orderBy('name').execute();
  const running = await read
    .selectFrom('CamWorkItem as item')
    .innerJoin('CamCommandAttempt as attempt', 'attempt.attemptId', 'item.attemptId')
    .select(['item.workstation', 'item.commandId', 'item.attemptId', 'attempt.phase', 'attempt.percent'])
    .where('item.state', '=', 'Claimed')
    .orderBy('item.seq')
    .execute();
  const pauses = await pausesInForce(read, now);
  return rows.map((row) => {
    const own = running.filter((one) => one.workstation === row.name);
    // An attempt whose program has ended is uploading beside the next one, which has its seat.
    const inUse = Math.min(own.length, row.seats);
    const pause = pauses.find((one) => coversWorkstation(one, row.name));
    const offer = offerOf(row);
    return {
      name: row.name,
      state: stateOf({ ...row, inUse, pause }, now),
      seats: row.seats,
      seatsInUse: inUse,
      applications: offer.applications as WorkstationView['applications'],
      abilities: offer.abilities && [...offer.abilities],
      agentVersion: row.agentVersion,
      platform: row.platform,
      runner: row.runner,
      certificateExpiresAt: row.certificateExpiresAt,
      lastSeenAt: row.lastSeenAt,
      pause: pause ? { pauseId: pause.pauseId, reason: pause.reason, resumeAt: pause.resumeAt } : null,
      running: own.map(({ workstation: _workstation, ...one }) => one),
    };
  });
}

/** What a workstation is doing, the gravest first. */
export function stateOf(
  facts: {
    readonly lastSeenAt: string;
    readonly runner: string | null;
    readonly seats: number;
    readonly inUse: number;
    readonly pause: Pause | undefined;
  },
  now: Date,
): WorkstationState {
  if (now.getTime() - Date.parse(facts.lastSeenAt) > WORKSTATION_SILENT_MS) return 'silent';
  if (facts.pause) return 'paused';
  if (facts.runner === 'absent') return 'no-runner';
  return facts.inUse >= facts.seats ? 'busy' : 'ready';
}

/** The licence pools with their seats; those in use are counted from what is claimed. */
export async function listLicencePools(
  { database }: Pick<Deps, 'database'>,
  types: CommandTypes,
  pools: LicencePools = {},
): Promise<PoolUse[]> {
  return poolUses(types, pools, await claimedCounts(database.read));
}
