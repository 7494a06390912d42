import type { Durations, Fault } from './faults/index.ts';
import { PHASES, type Phase } from './phases.ts';
import { type Rig, startRig } from './rig.ts';
import { playRound, type RoundResult } from './round.ts';
import type { Sabotage } from './sabotage/index.ts';
import type { FaultPlayed } from './tally.ts';

/** The real durations of the requirement. */
export const FULL: Durations = {
  brokerAwayMs: 30_000,
  sqlAwayMs: 120_000,
  blobsAwayMs: 10_000,
  diskFullMs: 5_000,
  hangMs: 3_000,
  clockJumpMs: 600_000,
};
/** Shorter outages, where minutes count; the clock jumps as far. */
export const QUICK: Durations = { ...FULL, brokerAwayMs: 5_000, sqlAwayMs: 8_000, blobsAwayMs: 4_000 };

export interface PlayOptions {
  readonly seeds: readonly number[];
  readonly durations: Durations;
  /** Default: those in which fewer commands than rounds have been struck so far. */
  readonly wanted?: readonly Phase[] | undefined;
  readonly sabotage?: Sabotage | undefined;
  readonly settleLimitMs?: number | undefined;
  /** Ends with the first round that has a violation. */
  readonly untilViolation?: boolean | undefined;
  readonly report: (line: string) => void;
}

/** Whether a round found that something does not hold, and did not merely break off. */
export function hasFound({ violations }: RoundResult): boolean {
  return violations.some(({ rule }) => rule !== 'round-ended');
}

/** Plays the seeds of a fault, on one stack as long as nothing is wrong and the fault leaves nothing behind. */
export async function playFault(fault: Fault, options: PlayOptions): Promise<FaultPlayed> {
  const { name, what } = fault;
  const rounds: RoundResult[] = [];
  const missing = fault.missing?.();
  if (missing !== undefined) return { fault: name, what, rounds, missing };
  let rig: Rig | undefined;
  let refused: Record<string, number> = {};
  try {
    for (const seed of options.seeds) {
      let round: RoundResult;
      try {
        if (!rig) {
          rig = await startRig({ sabotage: options.sabotage, smallDisk: fault.smallDisk });
          refused = {};
        }
        const wanted = options.wanted ?? scarcePhases(rounds);
        round = await playRound({ ...options, wanted, rig, fault, seed, refused });
      } catch (error) {
        round = brokenOff(seed, error);
      }
      rounds.push(round);
      options.report(describe(name, round));
      const spoilt = round.violations.length > 0;
      if (spoilt && options.untilViolation) break;
      if (spoilt || fault.freshRig) {
        await rig?.[Symbol.asyncDispose]();
        rig = undefined;
      }
    }
  } finally {
    await rig?.[Symbol.asyncDispose]();
  }
  return { fault: name, what, rounds };
}

/** A round that could not be played to its end: a stack that cannot be read proves nothing, and the other seeds go on. */
function brokenOff(seed: number, error: unknown): RoundResult {
  const found = error instanceof Error ? error.message : String(error);
  return {
    seed,
    struck: [],
    commands: 0,
    violations: [{ rule: 'round-ended', subject: 'the round', found, commandId: undefined }],
    open: '',
    seconds: 0,
  };
}

/** The phases that the next strike has to find, for every one to be found once a round. */
function scarcePhases(rounds: readonly RoundResult[]): Phase[] {
  const found = rounds.flatMap(({ struck }) => struck.map(({ phase }) => phase));
  return PHASES.filter((phase) => found.filter((one) => one === phase).length <= rounds.length);
}

function describe(fault: string, { seed, struck, commands, violations, open, seconds }: RoundResult): string {
  const counts = new Map<string, number>();
  for (const { phase } of struck) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  const phases = [...counts].map(([phase, count]) => `${phase} ${count}`).join(', ');
  const wrong = violations.map(({ rule, subject, found }) => `\n    ${rule}: ${subject}: ${found}`).join('');
  return `${fault}, seed ${seed}: ${commands} commands (${phases}), ${violations.length} violations, ${seconds} s${open && `\n    open: ${open}`}${wrong}`;
}
