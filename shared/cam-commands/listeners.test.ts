import { describe, expect, it } from '@jest/globals';
import { bellsNeeded } from './listeners.ts';

const ws = (name: string, given: { runner?: string; seats?: number } = {}) => ({
  name,
  runner: null,
  seats: 2,
  ...given,
});
const many = Array.from({ length: 30 }, (_, index) => ws(`WS-${index}`));

describe('bells for one piece of news', () => {
  it.each([
    ['one where nobody listens: it waits in the queue', [], [], 1],
    ['one for one workstation', [ws('A')], [], 1],
    ['one for each that listens', [ws('A'), ws('B'), ws('C', { runner: 'connected' })], [], 3],
    ['none for one without a runner', [ws('A'), ws('B', { runner: 'absent' })], [], 1],
    [
      'none for one whose seats are in use, of whatever types',
      [ws('A'), ws('B'), ws('C')],
      [
        { workstation: 'A', count: 1 },
        { workstation: 'B', count: 1 },
        { workstation: 'B', count: 1 },
      ],
      2,
    ],
    ['ten at most', many, [], 10],
  ])('%s', (_what, workstations, claimed, bells) => {
    expect(bellsNeeded(workstations, claimed)).toBe(bells);
  });
});
