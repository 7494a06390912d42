import { setTimeout as delay } from 'node:timers/promises';
import { ledgerPath } from '../../support/faults-ledger.ts';
import { randomFrom } from '../../support/faults-random.ts';
import { findViolations, type Violation } from '../../support/invariants.ts';
import type { Durations, Fault } from './faults/index.ts';
import { PHASES, type Phase } from './phases.ts';
import { type Population, createPopulation } from './population.ts';
import type { Rig } from './rig.ts';
import { settle } from './settle.ts';
import { type Sighting, sight } from './sightings.ts';

/** While the moment of the strike is awaited, orders go on as long as fewer commands than this are on their way to the work queue. */
const MOST_ARRIVING = 3;
/** The same while one that waits for a seat is sought: so many fill the seats. */
const MOST_ARRIVING_TO_WAIT = 7;
const MOST_ORDERS = 30;
const LOOK_EVERY_MS = 100;
/** A command needs about so many looks to come into the last phase. */
const PATIENCE_LOOKS = 40;
/** After so many further looks in vain the strike does without one more of the phases: it never waits for what does not come. */
const LOOKS_PER_PHASE = 20;
/** How long all may take to come to an end after the strike; far more than it does. */
const SETTLE_LIMIT_MS = 90_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

export interface RoundOptions {
  readonly rig: Rig;
  readonly fault: Fault;
  readonly seed: number;
  readonly durations: Durations;
  /** The strike waits for commands in these phases; default all. */
  readonly wanted?: readonly Phase[] | undefined;
  /** Default 90 s. */
  readonly settleLimitMs?: number | undefined;
  /** What had to be refused in earlier rounds on this rig, by reason; this round's comes on top. */
  readonly refused: Record<string, number>;
}

/** A violation with the command that it is about, where it is about one. */
export interface RoundViolation extends Violation {
  readonly commandId: string | undefined;
}

export interface RoundResult {
  readonly seed: number;
  /** Commands of the round, by their phase when the fault struck. */
  readonly struck: readonly Sighting[];
  readonly commands: number;
  readonly violations: readonly RoundViolation[];
  /** What was not settled in time; empty when all was. */
  readonly open: string;
  readonly seconds: number;
}

/** One seed of one fault: commands in every phase, the strike, and what holds once all has come to an end. */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { rig, fault, seed, durations, refused } = options;
  const startedAt = performance.now();
  const random = randomFrom(seed);
  await rig.slow(true);
  const population = await createPopulation(rig, random);
  const struck = await populate(rig, population, options.wanted ?? PHASES);
  const aftermath = await fault.strike({ rig, random, population, durations });
  await rig.slow(false);
  for (const [reason, count] of Object.entries(aftermath?.refused ?? {}))
    refused[reason] = (refused[reason] ?? 0) + count;
  await population.settled();
  const known = [...population.sent, ...population.accepted];
  const open = await settle(rig, known, {
    limitMs: options.settleLimitMs ?? SETTLE_LIMIT_MS,
    mayWait: fault.mayWait,
  });
  const violations = await findViolations({
    readTable: rig.readTable,
    ledgerPath: ledgerPath(rig.stack.stateDir),
    blobConnection: rig.stack.blobConnection,
    mayWait: fault.mayWait,
    stack: {
      stateDir: rig.stack.stateDir,
      serviceBusConnection: rig.stack.serviceBusConnection,
      refused,
    },
  });
  const commands = await sight(rig, population);
  // Accepted, and no trace of it in the tables.
  const lost = commands
    .filter(({ commandId, phase }) => known.includes(commandId) && phase !== 'ended')
    .filter(({ commandId }) => !violations.some(({ subject }) => subject === commandId))
    .map(({ commandId, phase }): Violation => ({ rule: 'command-open', subject: commandId, found: phase }));
  const unsettled: Violation[] =
    open === '' ? [] : [{ rule: 'round-settled', subject: 'the stack', found: open }];
  return {
    seed,
    struck,
    commands: commands.length,
    violations: await withCommands(rig, [...violations, ...lost, ...unsettled]),
    open,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
}

/** A violation names an attempt, a command, or an orchestration, whose id begins with its command's. */
async function withCommands(rig: Rig, violations: readonly Violation[]): Promise<RoundViolation[]> {
  const attempts = await rig.readTable<{ attemptId: string; commandId: string }>('CamCommandAttempt');
  const commandOf = new Map(attempts.map(({ attemptId, commandId }) => [attemptId, commandId]));
  return violations.map((violation) => {
    const [id = ''] = UUID.exec(violation.subject) ?? [];
    return { ...violation, commandId: commandOf.get(id) ?? (id || undefined) };
  });
}

/** Orders until commands are in every phase wanted at the same time; what they are in when the fault strikes. */
async function populate(rig: Rig, population: Population, wanted: readonly Phase[]): Promise<Sighting[]> {
  let orders = 0;
  let sightings: Sighting[] = [];
  let missing = wanted;
  for (let look = 1; ; look += 1) {
    const arriving = sightings.filter(({ phase }) => phase === 'accepted' || phase === 'begun').length;
    const most = missing.includes('waiting') ? MOST_ARRIVING_TO_WAIT : MOST_ARRIVING;
    if (arriving < most && orders < MOST_ORDERS) {
      orders += 1;
      await population.order();
    }
    sightings = await sight(rig, population);
    const phases = new Set(sightings.map(({ phase }) => phase));
    missing = wanted.filter((phase) => !phases.has(phase));
    const doneWithout = Math.floor(Math.max(0, look - PATIENCE_LOOKS) / LOOKS_PER_PHASE);
    if (missing.length <= doneWithout) return sightings;
    await delay(LOOK_EVERY_MS);
  }
}
