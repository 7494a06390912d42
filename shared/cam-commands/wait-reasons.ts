import type { Database, Queries } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import { isPausedEverywhere } from './eligibility.ts';
import { claimedCounts, postProcessorOf } from './lanes.ts';
import type { LicencePools } from './licence-pools.ts';
import { pausesInForce } from './pauses.ts';
import { type WaitFacts, takersOf, waitReasonOf } from './wait-reason.ts';
import { liveWorkstations } from './workstations.ts';

export interface WaitReasonDeps {
  readonly commandTypes: CommandTypes;
  /** Default: no pool has a limit. */
  readonly licencePools?: LicencePools | undefined;
}

/** Why a command waits. */
export interface WaitExplanation {
  /** In words; null when it does not wait, or not for long enough. */
  readonly reason: string | null;
  /** Names of the live workstations that could take it, paused or not. */
  readonly workstations: readonly string[];
}

/** Why commands wait: four small queries however many they are, and none when nothing waits for a workstation. */
export async function waitReasons(
  queries: Queries,
  now: Date,
  commands: readonly CommandRow[],
  deps: WaitReasonDeps,
): Promise<(command: CommandRow) => string | null> {
  const explain = await explanations(queries, now, commands, deps);
  return (command) => explain(command).reason;
}

/** Why the commands of these ids wait; those that are gone are left out. None costs nothing. */
export async function explainWaits(
  deps: WaitReasonDeps & { readonly database: Database; readonly clock: Clock },
  commandIds: readonly string[],
): Promise<ReadonlyMap<string, WaitExplanation>> {
  if (commandIds.length === 0) return new Map();
  const queries = deps.database.read;
  const commands = await queries
    .selectFrom('CamCommand')
    .selectAll()
    .where('commandId', 'in', commandIds)
    .execute();
  const explain = await explanations(queries, deps.clock.now(), commands, deps);
  return new Map(commands.map((command) => [command.commandId, explain(command)]));
}

async function explanations(
  queries: Queries,
  now: Date,
  commands: readonly CommandRow[],
  { commandTypes, licencePools = {} }: WaitReasonDeps,
): Promise<(command: CommandRow) => WaitExplanation> {
  const queued = commands.filter(({ status }) => status === 'Queued').map(({ commandId }) => commandId);
  const lanes = queued.length === 0 ? new Map<string, Lane>() : await lanesOf(queries, queued);
  const facts: WaitFacts =
    queued.length === 0
      ? { now, commandTypes, licencePools, pauses: [], claimed: [], workstations: [] }
      : {
          now,
          commandTypes,
          licencePools,
          pauses: await pausesInForce(queries, now),
          claimed: await claimedCounts(queries),
          workstations: await liveWorkstations(queries, now),
        };
  return (command) => {
    const lane = lanes.get(command.commandId);
    const waiting = {
      status: command.status,
      notBefore: command.notBefore,
      nextAttemptAt: command.nextAttemptAt,
      waitingSince: lane?.enqueuedAt ?? command.requestedAt,
      application: command.application,
      commandType: command.commandType,
      postProcessor: postProcessorOf(command),
      machine: lane?.machine ?? '',
    };
    return { reason: waitReasonOf(waiting, facts), workstations: takersOf(waiting, facts) };
  };
}

/**
 * Whether a command waits only because every workstation that could take it is paused. The pauses of applications and types, which
 * are counted to the millisecond, are another matter (`paused-time.ts`).
 */
export async function waitsForPausedWorkstations(
  queries: Queries,
  now: Date,
  command: CommandRow,
  { commandTypes }: Pick<WaitReasonDeps, 'commandTypes'>,
): Promise<boolean> {
  const pauses = await pausesInForce(queries, now);
  if (!pauses.some(({ workstation }) => workstation !== null)) return false;
  const machine = (await lanesOf(queries, [command.commandId])).get(command.commandId)?.machine ?? '';
  const { application, commandType } = command;
  const wanted = { application, commandType, postProcessor: postProcessorOf(command), machine };
  const facts = { now, pauses, commandTypes };
  return isPausedEverywhere(wanted, await liveWorkstations(queries, now), facts);
}

interface Lane {
  readonly machine: string | null;
  readonly enqueuedAt: string;
}

async function lanesOf(queries: Queries, commandIds: readonly string[]): Promise<ReadonlyMap<string, Lane>> {
  const rows = await queries
    .selectFrom('CamCommandAttempt as attempt')
    .innerJoin('CamWorkItem as item', 'item.attemptId', 'attempt.attemptId')
    .leftJoin('CamWorkLane as lane', 'lane.laneId', 'item.laneId')
    .select(['attempt.commandId', 'lane.machine', 'item.enqueuedAt'])
    .where('attempt.commandId', 'in', commandIds)
    .execute();
  return new Map(rows.map(({ commandId, ...lane }) => [commandId, lane]));
}
