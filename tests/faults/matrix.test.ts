import { expect, it } from '@jest/globals';
import { FAULTS } from './matrix/faults/index.ts';
import { playFault, QUICK } from './matrix/play.ts';

/** `MCMS_TEST_SEED` repeats a round, as far as the machine does. */
const SEED = Number(process.env['MCMS_TEST_SEED'] ?? 20_261_128);
/** The whole matrix is `npm run test:faults`; what a single `kill -9` does, kill.test.ts shows. */
const SHORT_FORM = ['lost-lock', 'poison'];

it.each(FAULTS.filter(({ name }) => SHORT_FORM.includes(name)))(
  `$name strikes commands in every phase, and nothing is lost, done twice or left (seed ${SEED})`,
  async (fault) => {
    const told: string[] = [];
    const { rounds, missing } = await playFault(fault, {
      seeds: [SEED],
      durations: QUICK,
      report: (line) => told.push(line),
    });
    expect({ missing, told, violations: rounds.flatMap(({ violations }) => violations) }).toEqual({
      missing: undefined,
      told,
      violations: [],
    });
    expect(rounds[0]?.struck.filter(({ phase }) => phase !== 'ended').length).toBeGreaterThan(4);
  },
  240_000,
);
