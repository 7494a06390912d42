import type { AdapterJob } from '../contract.ts';
import { InvalidInputError } from '../simulator/job.ts';
import type { Model } from './model.ts';
import { parasolid } from './parasolid.ts';
import { step } from './step.ts';
import { stl } from './stl.ts';

export interface Format {
  readonly name: string;
  readonly extension: string;
  readonly contentType: string;
  readonly write: (model: Model) => string;
}

const FORMATS: readonly Format[] = [
  { name: 'step', extension: '.step', contentType: 'model/step', write: step },
  { name: 'stl', extension: '.stl', contentType: 'model/stl', write: stl },
  {
    name: 'parasolid',
    extension: '.x_t',
    contentType: 'model/vnd.parasolid.transmit-text',
    write: parasolid,
  },
];

/** The format asked for, STEP when none is. @throws {InvalidInputError} for one that is not known */
export function readFormat(parameters: AdapterJob['parameters']): Format {
  const asked = parameters['format'] ?? 'step';
  const format = FORMATS.find(({ name }) => name === asked);
  if (!format)
    throw new InvalidInputError(
      `parameters.format must be ${FORMATS.map(({ name }) => name).join(', ')}, not ${JSON.stringify(asked)}`,
    );
  return format;
}
