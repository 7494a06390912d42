import { expect, it } from '@jest/globals';
import type { Violation } from '../support/invariants.ts';
import { FAULTS } from './matrix/faults/index.ts';
import { playFault, QUICK } from './matrix/play.ts';
import { sabotages } from './matrix/sabotage/index.ts';

const SEEDS = [1, 2, 3];
/** All four, and the same seeds without them: `npm run test:faults -- --sabotage all`. */
const HERE = ['fence', 'claim'];
/** What it must find is what the protection is for. */
const EXPECTED: Readonly<Record<string, Violation['rule']>> = {
  fence: 'workstations-word',
  claim: 'one-start',
};

it.each(sabotages.filter(({ name }) => HERE.includes(name)))(
  'without $name the checker finds a violation under $fault',
  async (sabotage) => {
    const fault = FAULTS.find(({ name }) => name === sabotage.fault);
    if (!fault) throw new Error(`there is no fault ${sabotage.fault}`);
    const { rounds } = await playFault(fault, {
      seeds: SEEDS,
      durations: QUICK,
      wanted: sabotage.phases,
      sabotage,
      settleLimitMs: 20_000,
      untilViolation: true,
      report: () => undefined,
    });
    const rules = rounds.flatMap(({ violations }) => violations.map(({ rule }) => rule));
    expect(rules).toContain(EXPECTED[sabotage.name]);
  },
  400_000,
);
