import { describe, expect, it } from '@jest/globals';
import type { AdapterJob } from '../contract.ts';
import { InvalidInputError } from './job.ts';
import { readSimulation } from './simulation.ts';

type Asked = AdapterJob['parameters'][string];

const job = (simulation: Asked, attempt = 1, run?: number) => ({ parameters: { simulation }, attempt, run });

describe('the fault of an attempt', () => {
  it.each([
    ['the first attempt', {}, 1, 1, true],
    ['a later attempt', {}, 2, 1, false],
    ['the first attempt of a later run', {}, 1, 2, true],
    ['an attempt named', { faultAttempts: [2, 3] }, 3, 1, true],
    ['an attempt not named', { faultAttempts: [2, 3] }, 1, 1, false],
    ['a run named', { faultRuns: [1, 3] }, 1, 3, true],
    ['a run not named', { faultRuns: [1, 3] }, 1, 2, false],
    ['a job without a run, the first named', { faultRuns: [1] }, 1, undefined, true],
    ['a job without a run, a later named', { faultRuns: [2] }, 1, undefined, false],
    ['a run named, in an attempt not named', { faultRuns: [2], faultAttempts: [1] }, 2, 2, false],
    ['no run named', { faultRuns: [] }, 1, 1, false],
  ])('%s', (_name, asked, attempt, run, meets) => {
    const { fault } = readSimulation(job({ fault: 'crash', ...asked }, attempt, run));
    expect(fault).toBe(meets ? 'crash' : undefined);
  });

  const wrong: [string, Asked][] = [
    ['text', 'soon'],
    ['faultRuns', { faultRuns: 1 }],
    ['faultRuns', { faultRuns: ['1'] }],
    ['faultAttempts', { faultAttempts: 1 }],
    ['fault', { fault: 'flood' }],
    ['duration', { duration: 5 }],
  ];
  it.each(wrong)('refuses a wrong %s', (_name, asked) => {
    expect(() => readSimulation(job(asked))).toThrow(InvalidInputError);
  });
});
