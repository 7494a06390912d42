import type { AdapterJob } from '../contract.ts';
import { InvalidInputError, isRecord } from './job.ts';

export type Fault = 'licence-busy' | 'crash' | 'bad-input' | 'hang';

/** What a test or a demonstration asks of a simulator by `parameters.simulation`, for one attempt. */
export interface Simulation {
  /** ISO 8601 duration of the attempt; overrides SIMULATOR_DURATION. */
  readonly duration: string | undefined;
  /** The fault that this attempt meets. */
  readonly fault: Fault | undefined;
}

/**
 * The `simulation` parameter with its parts checked, as it is for the job's run and attempt: a fault comes in the first attempt of every
 * run unless `faultAttempts` and `faultRuns` say otherwise.
 * @throws {InvalidInputError} naming the wrong part
 */
export function readSimulation({
  parameters,
  attempt,
  run = 1,
}: Pick<AdapterJob, 'parameters' | 'attempt' | 'run'>): Simulation {
  const asked: unknown = parameters['simulation'] ?? {};
  if (!isRecord(asked)) throw new InvalidInputError('parameters.simulation must be an object');
  const { duration, fault, faultAttempts, faultRuns } = asked;
  if (duration !== undefined && typeof duration !== 'string')
    throw new InvalidInputError('parameters.simulation.duration must be an ISO 8601 duration');
  if (fault !== undefined && !isFault(fault))
    throw new InvalidInputError('parameters.simulation.fault must be licence-busy, crash, bad-input or hang');
  if (faultAttempts !== undefined && !isNumbers(faultAttempts))
    throw new InvalidInputError('parameters.simulation.faultAttempts must be a list of attempt numbers');
  if (faultRuns !== undefined && !isNumbers(faultRuns))
    throw new InvalidInputError('parameters.simulation.faultRuns must be a list of run numbers');
  const meets = (faultAttempts ?? [1]).includes(attempt) && (faultRuns?.includes(run) ?? true);
  return { duration, fault: meets ? fault : undefined };
}

function isFault(value: unknown): value is Fault {
  return value === 'licence-busy' || value === 'crash' || value === 'bad-input' || value === 'hang';
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number');
}
