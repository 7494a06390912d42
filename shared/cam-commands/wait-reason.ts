import type { CommandTypes } from './command-types.ts';
import { type Offer, type QueueFacts, lackOf, laneObstacle, workstationObstacle } from './eligibility.ts';
import type { Wanted } from './lanes.ts';
import { type Pause, targetLabel } from './pause-rules.ts';

/** A workstation that has been heard of lately. */
export interface LiveWorkstation extends Offer {
  readonly seats: number;
}

/** What explains why commands wait; the same facts that decide about claims. */
export interface WaitFacts extends QueueFacts {
  /** Those heard of lately. */
  readonly workstations: readonly LiveWorkstation[];
}

/** A command of which somebody wants to know why it waits. Times are ISO 8601. */
export interface WaitingCommand extends Wanted {
  readonly status: string;
  readonly notBefore: string | null;
  readonly nextAttemptAt: string | null;
  /** Since when it could have been taken. */
  readonly waitingSince: string;
}

/** A command this young is on its way to a workstation rather than waiting for one. */
const ON_ITS_WAY_MS = 2000;

/** Why a command waits, in words; null when it does not, or not for long enough. */
export function waitReasonOf(command: WaitingCommand, facts: WaitFacts): string | null {
  const { now } = facts;
  if (command.status === 'Retrying')
    return command.nextAttemptAt === null ? null : `next attempt at ${command.nextAttemptAt}`;
  if (command.status !== 'Queued') return null;
  if (command.notBefore !== null && Date.parse(command.notBefore) > now.getTime())
    return `not before ${command.notBefore}`;

  const obstacle = laneObstacle(command, facts);
  if (obstacle?.kind === 'paused') return paused(obstacle.pause);
  const able = facts.workstations.filter((one) => lackOf(one, command, facts.commandTypes) === undefined);
  const nobody = able.length === 0 ? noWorkstation(command, facts) : nobodyOpen(command, able, facts);
  if (nobody !== undefined) return nobody;
  if (obstacle?.kind === 'no-licence') {
    const { name, inUse, seats } = obstacle.pool;
    return `no licence seat free: pool ${name}, ${inUse} of ${seats} in use`;
  }
  if (now.getTime() - Date.parse(command.waitingSince) < ON_ITS_WAY_MS) return null;
  const free = able.find(
    (one) => workstationObstacle(one, facts) === undefined && seatsInUse(one, facts) < one.seats,
  );
  return free ? `${free.name} has a seat free and has not taken it yet` : 'no seat free';
}

/** Names of the live workstations that could take a command: able to, and somebody is logged on there; paused or not. */
export function takersOf(command: Wanted, { workstations, commandTypes }: WaitFacts): readonly string[] {
  return workstations
    .filter((one) => one.runner !== 'absent' && lackOf(one, command, commandTypes) === undefined)
    .map(({ name }) => name);
}

function paused(pause: Pause): string {
  const until = pause.resumeAt === null ? '' : ` until ${pause.resumeAt}`;
  return `paused: ${pause.reason} (${targetLabel(pause)}${until})`;
}

/** What is wanted and offered by no workstation that has the application; all that is wanted, when only the combination is missing. */
function noWorkstation(command: Wanted, { workstations, commandTypes }: WaitFacts): string {
  const start = `no workstation for ${command.application}`;
  const candidates = workstations.filter(
    (one) =>
      lackOf(one, { ...command, commandType: '', postProcessor: '', machine: '' }, commandTypes) ===
      undefined,
  );
  if (candidates.length === 0) return start;
  const wants = wantsOf(command, commandTypes);
  const missing = wants.filter((want) =>
    candidates.every((one) => lackOf(one, want.alone, commandTypes) !== undefined),
  );
  return [start, ...(missing.length === 0 ? wants : missing).map((want) => want.text)].join(' ');
}

/** Each thing a command wants of a workstation, by itself and in words. */
function wantsOf(
  command: Wanted,
  types: CommandTypes,
): readonly { readonly alone: Wanted; readonly text: string }[] {
  const nothing = { application: command.application, commandType: '', postProcessor: '', machine: '' };
  const minVersion = types.find(command.application, command.commandType)?.ability.minVersion;
  const { commandType, postProcessor, machine } = command;
  return [
    ...(minVersion === undefined
      ? []
      : [{ alone: { ...nothing, commandType }, text: `of version ≥ ${minVersion}` }]),
    ...(postProcessor === ''
      ? []
      : [{ alone: { ...nothing, postProcessor }, text: `with post-processor ${postProcessor}` }]),
    ...(machine === '' ? [] : [{ alone: { ...nothing, machine }, text: `for machine ${machine}` }]),
  ];
}

/** Those that could take it are all paused, or nobody is logged on there. */
function nobodyOpen(command: Wanted, able: readonly LiveWorkstation[], facts: WaitFacts): string | undefined {
  const obstacles = able.map((one) => workstationObstacle(one, facts));
  if (obstacles.includes(undefined)) return undefined;
  const pause = obstacles.find((one) => one?.kind === 'paused');
  if (pause?.kind === 'paused') return paused(pause.pause);
  return `no workstation for ${command.application}: nobody is logged on at ${able.map((one) => one.name).join(', ')}`;
}

function seatsInUse({ name }: LiveWorkstation, { claimed }: WaitFacts): number {
  return claimed.filter((one) => one.workstation === name).reduce((sum, one) => sum + one.count, 0);
}
