import { describe, expect, it } from '@jest/globals';
import { UsageError, readArguments } from './arguments.ts';

describe('arguments of seed', () => {
  it('fills in what is left out: a routing per item, a CAM revision per routing', () => {
    expect(readArguments(['--items', '3'])).toEqual({
      demo: false,
      reset: false,
      counts: { items: 3, routings: 3, camRevs: 3, history: 0 },
    });
  });

  it('takes the demo shop, emptied before', () => {
    expect(readArguments(['--demo', '--reset'])).toMatchObject({ demo: true, reset: true });
  });

  it('has nothing to do for --help', () => {
    expect(readArguments(['-h'])).toBeUndefined();
  });

  it.each([
    [[], '--items N or --demo is missing'],
    [['--items', 'many'], '--items is a whole number from 0, not "many"'],
    [['--items', '-1'], 'argument is ambiguous'],
    [['--demo', '--routings', '4'], '--demo stands for fixed counts'],
    [['--items', '0', '--routings', '4'], '--routings needs --items'],
    [['--item', '4'], "Unknown option '--item'"],
  ])('refuses %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });
});
