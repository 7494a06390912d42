import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.ts';

const read = (...args: string[]) => readArguments(args, ['startup', 'sql']);

describe('arguments of the benchmarks', () => {
  it('run everything when nothing is said', () => {
    expect(read()).toEqual({ help: false, names: [], options: { quick: false, rows: undefined } });
  });

  it('choose benchmarks and sizes', () => {
    expect(read('sql', '--rows', '100000,20000000')).toEqual({
      help: false,
      names: ['sql'],
      options: { quick: false, rows: [100_000, 20_000_000] },
    });
    expect(read('sql', '--rows', '0,0').options.rows).toEqual([0, 0]);
  });

  it.each([['2000000,1000000'], ['1000000'], ['0,1000000'], ['99999,1000000'], ['1e6,1e7']])(
    'refuse --rows %s',
    (rows) => {
      expect(() => read('--rows', rows)).toThrow('the smaller first');
    },
  );

  it('refuse a benchmark that is not there', () => {
    expect(() => read('speed')).toThrow('there are startup, sql');
  });
});
