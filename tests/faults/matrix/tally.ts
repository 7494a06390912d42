import { PHASES, type Phase } from './phases.ts';
import type { RoundResult, RoundViolation } from './round.ts';

export interface Cell {
  /** Commands that the fault found in this phase. */
  readonly commands: number;
  /** Of them, those that a violation names. */
  readonly violated: number;
}

/** What became of one fault, over its seeds. */
export interface FaultRow {
  readonly fault: string;
  readonly what: string;
  readonly seeds: readonly number[];
  readonly cells: Readonly<Record<Phase, Cell>>;
  /** Commands of all rounds, those that had ended before the strike too. */
  readonly commands: number;
  readonly violations: readonly (RoundViolation & { readonly seed: number })[];
  readonly seconds: number;
  /** Why it was not played. */
  readonly missing?: string | undefined;
}

export interface FaultPlayed {
  readonly fault: string;
  readonly what: string;
  readonly rounds: readonly RoundResult[];
  readonly missing?: string | undefined;
}

/** Adds up the rounds of a fault. Pure. */
export function rowOf({ fault, what, rounds, missing }: FaultPlayed): FaultRow {
  const cellOf = (phase: Phase): Cell => {
    const found = rounds.flatMap(({ struck, violations }) => {
      const named = new Set(violations.map(({ commandId }) => commandId));
      return struck.filter((one) => one.phase === phase).map(({ commandId }) => named.has(commandId));
    });
    return { commands: found.length, violated: found.filter(Boolean).length };
  };
  return {
    fault,
    what,
    seeds: rounds.map(({ seed }) => seed),
    cells: Object.fromEntries(PHASES.map((phase) => [phase, cellOf(phase)])) as Record<Phase, Cell>,
    commands: rounds.reduce((sum, round) => sum + round.commands, 0),
    violations: rounds.flatMap(({ seed, violations }) =>
      violations.map((violation) => ({ ...violation, seed })),
    ),
    seconds: rounds.reduce((sum, round) => sum + round.seconds, 0),
    missing,
  };
}

/** Cells with fewer commands than wanted, as `fault × phase: count`. */
export function thinCells(rows: readonly FaultRow[], wanted: number): string[] {
  return rows.flatMap(({ fault, cells, missing }) =>
    missing === undefined
      ? PHASES.filter((phase) => cells[phase].commands < wanted).map(
          (phase) => `${fault} × ${phase}: ${cells[phase].commands}`,
        )
      : [],
  );
}
