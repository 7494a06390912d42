import { readFileSync } from 'node:fs';
import type { AdapterJob } from '../contract.ts';

export type Step = AdapterJob['routing']['steps'][number];

/** What a test or a demonstration asks of the simulator by `parameters.simulation`. */
export interface Simulation {
  /** ISO 8601 duration of the run; overrides SIMULATOR_DURATION. */
  readonly duration?: string;
  readonly fault?: 'licence-busy' | 'crash' | 'bad-input' | 'hang';
  /** Attempts that meet the fault; the first one when left out. */
  readonly faultAttempts?: readonly number[];
}

/** An input that ESPRIT would refuse: the command fails for good. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
}

/**
 * Reads the job file. It comes from the agent, which checked it, so only what would break this program is looked at.
 * @throws {Error} when the file is not a job of schema version 1
 */
export function readJob(path: string): AdapterJob {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isJob(parsed)) throw new Error(`${path} is not a job file of schema version 1`);
  return parsed;
}

function isJob(value: unknown): value is AdapterJob {
  if (!isRecord(value) || value['schemaVersion'] !== 1) return false;
  const { routing } = value;
  return (
    ['commandId', 'attemptId', 'commandType', 'outputFolder', 'resultFile'].every(
      (key) => typeof value[key] === 'string',
    ) &&
    isRecord(value['parameters']) &&
    Array.isArray(value['inputs']) &&
    isRecord(routing) &&
    Array.isArray(routing['steps'])
  );
}

/** The `simulation` parameter with its parts checked. @throws {InvalidInputError} naming the wrong part */
export function readSimulation(parameters: AdapterJob['parameters']): Simulation {
  const asked: unknown = parameters['simulation'] ?? {};
  if (!isRecord(asked)) throw new InvalidInputError('parameters.simulation must be an object');
  const { duration, fault, faultAttempts } = asked;
  if (duration !== undefined && typeof duration !== 'string')
    throw new InvalidInputError('parameters.simulation.duration must be an ISO 8601 duration');
  if (fault !== undefined && !isFault(fault))
    throw new InvalidInputError('parameters.simulation.fault must be licence-busy, crash, bad-input or hang');
  if (faultAttempts !== undefined && !isNumbers(faultAttempts))
    throw new InvalidInputError('parameters.simulation.faultAttempts must be a list of attempt numbers');
  return { duration, fault, faultAttempts };
}

/** The program number asked for, or one that stays the same for the same routing (1000 to 9999). */
export function programNumber(job: AdapterJob, derived: number): number {
  const asked = job.parameters['programNumber'];
  if (asked === undefined) return 1000 + (derived % 9000);
  const number = typeof asked === 'string' ? Number(asked.replace(/^O/i, '')) : asked;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 9999)
    throw new InvalidInputError('parameters.programNumber must be a whole number from 1 to 9999');
  return number;
}

function isFault(value: unknown): value is Simulation['fault'] {
  return value === 'licence-busy' || value === 'crash' || value === 'bad-input' || value === 'hang';
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
