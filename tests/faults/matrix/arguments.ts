import { parseArgs } from 'node:util';
import { PHASES, type Phase } from './phases.ts';

export interface MatrixArguments {
  readonly help: boolean;
  /** All when empty. */
  readonly faults: readonly string[];
  readonly phases: readonly Phase[];
  readonly seeds: readonly number[];
  readonly quick: boolean;
  /** Names, `all`, or none: the matrix itself. */
  readonly sabotages: readonly string[];
}

/** Seeds of the whole matrix, from the first one on. */
const SEEDS = 20;
const QUICK_SEEDS = 2;
/** Seeds in which a sabotage has to be caught. */
const SABOTAGE_SEEDS = 5;
const FIRST_SEED = 1;

/** @throws {Error} in a sentence that names the argument that is wrong */
export function readArguments(
  args: readonly string[],
  known: { readonly faults: readonly string[]; readonly sabotages: readonly string[] },
): MatrixArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      fault: { type: 'string', multiple: true, default: [] },
      phase: { type: 'string', multiple: true, default: [] },
      seeds: { type: 'string' },
      seed: { type: 'string' },
      quick: { type: 'boolean', default: false },
      sabotage: { type: 'string', multiple: true, default: [] },
    },
  });
  for (const fault of values.fault) requireOneOf('--fault', fault, known.faults);
  for (const sabotage of values.sabotage) requireOneOf('--sabotage', sabotage, [...known.sabotages, 'all']);
  const phases = values.phase.map((phase) => {
    requireOneOf('--phase', phase, PHASES);
    return phase as Phase;
  });
  const usual = values.sabotage.length > 0 ? SABOTAGE_SEEDS : values.quick ? QUICK_SEEDS : SEEDS;
  const count = values.seeds === undefined ? usual : wholeNumber('--seeds', values.seeds);
  const seeds =
    values.seed === undefined
      ? Array.from({ length: count }, (_, index) => FIRST_SEED + index)
      : [wholeNumber('--seed', values.seed)];
  return {
    help: values.help,
    faults: values.fault,
    phases,
    seeds,
    quick: values.quick,
    sabotages: values.sabotage.includes('all') ? known.sabotages : values.sabotage,
  };
}

function requireOneOf(option: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new Error(`${option} ${value}: there is no such one; known are ${known.join(', ')}`);
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${option} ${text}: must be a whole number above 0`);
  return number;
}
