import type { AdapterJob } from '../contract.ts';
import { readInputs, type Source } from '../simulator/inputs.ts';
import { InvalidInputError } from '../simulator/job.ts';
import { numbersFrom } from '../simulator/numbers.ts';
import { type Moves, movesOf } from './moves.ts';
import { type Step, type Tool, toolOf } from './tool.ts';

export interface Operation {
  readonly step: Step;
  readonly tool: Tool;
  readonly moves: Moves;
}

/** Everything the NC program and the setup sheet are written from. */
export interface Plan {
  readonly programNumber: number;
  readonly routing: AdapterJob['routing'];
  readonly inputs: readonly Source[];
  /** In the order of machining. */
  readonly operations: readonly Operation[];
  /** Cutting, approach and tool changes. */
  readonly cycleTimeMinutes: number;
}

const TOOL_CHANGE_MINUTES = 0.15;

/**
 * Works out tools and moves of every step from the routing and the bytes of the input files, and from nothing else.
 * @throws {InvalidInputError} when the routing has no steps, or for a program number that no control takes
 */
export async function makePlan(job: AdapterJob): Promise<Plan> {
  const { routing } = job;
  if (routing.steps.length === 0)
    throw new InvalidInputError('the routing has no steps to make a program from');
  const inputs = await readInputs(job);
  const digests = inputs.map(({ sha256 }) => sha256).join(' ');
  const operations = routing.steps
    .toSorted((left, right) => left.sequence - right.sequence)
    .map((step) => {
      const numbers = numbersFrom(`${digests}\n${JSON.stringify(step)}`);
      const tool = toolOf(step, numbers);
      return { step, tool, moves: movesOf(step, tool, numbers) };
    });
  const name = `${routing.itemCode}\n${routing.revisionCode}\n${routing.routingCode}`;
  return {
    programNumber: programNumber(job, numbersFrom(name).whole(0, 0x7fff_fffe)),
    routing,
    inputs,
    operations,
    cycleTimeMinutes: operations.reduce(
      (sum, { tool, moves }) => sum + moves.cutLength / tool.feed + TOOL_CHANGE_MINUTES,
      0,
    ),
  };
}

/** `O0042`: how the control and the shop name the program. */
export function programName(plan: Plan): string {
  return `O${String(plan.programNumber).padStart(4, '0')}`;
}

/**
 * The program number asked for, or one that stays the same for the same routing (1000 to 9999).
 * @throws {InvalidInputError} for one that no control takes
 */
function programNumber(job: AdapterJob, derived: number): number {
  const asked = job.parameters['programNumber'];
  if (asked === undefined) return 1000 + (derived % 9000);
  const number = typeof asked === 'string' ? Number(asked.replace(/^O/i, '')) : asked;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 9999)
    throw new InvalidInputError('parameters.programNumber must be a whole number from 1 to 9999');
  return number;
}
