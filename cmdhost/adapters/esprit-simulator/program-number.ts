import type { AdapterJob } from '../contract.ts';
import { InvalidInputError } from '../simulator/job.ts';

/**
 * The program number asked for, or one that stays the same for the same routing (1000 to 9999).
 * @throws {InvalidInputError} for one that no control takes
 */
export function programNumber(job: AdapterJob, derived: number): number {
  const asked = job.parameters['programNumber'];
  if (asked === undefined) return 1000 + (derived % 9000);
  const number = typeof asked === 'string' ? Number(asked.replace(/^O/i, '')) : asked;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 9999)
    throw new InvalidInputError('parameters.programNumber must be a whole number from 1 to 9999');
  return number;
}
