import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.ts';

const known = { faults: ['kill-host', 'hang'], sabotages: ['fence', 'claim'] };
const read = (...args: string[]) => readArguments(args, known);

describe('the arguments of the fault matrix', () => {
  it('are the whole matrix when there are none', () => {
    expect(read()).toMatchObject({ faults: [], phases: [], quick: false, sabotages: [] });
    expect(read().seeds).toHaveLength(20);
  });

  it('choose faults, phases and seeds', () => {
    expect(read('--fault', 'hang', '--phase', 'running', '--seed', '7')).toMatchObject({
      faults: ['hang'],
      phases: ['running'],
      seeds: [7],
    });
    expect(read('--quick').seeds).toEqual([1, 2]);
    expect(read('--quick', '--seeds', '3').seeds).toEqual([1, 2, 3]);
  });

  it('name sabotages, or all', () => {
    expect(read('--sabotage', 'fence')).toMatchObject({ sabotages: ['fence'], seeds: [1, 2, 3, 4, 5] });
    expect(read('--sabotage', 'all').sabotages).toEqual(known.sabotages);
  });

  it.each([
    [['--fault', 'flood'], '--fault flood: there is no such one; known are kill-host, hang'],
    [['--phase', 'asleep'], '--phase asleep: there is no such one'],
    [['--seeds', 'many'], '--seeds many: must be a whole number above 0'],
    [['--seed', '0'], '--seed 0: must be a whole number above 0'],
    [['--sabotage', 'all-of-it'], 'known are fence, claim, all'],
  ])('%s are refused', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
