import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.ts';

const read = (...args: string[]) => readArguments(args, ['startup', 'sql']);

describe('arguments of the benchmarks', () => {
  it('run everything when nothing is said', () => {
    expect(read()).toEqual({ help: false, names: [], options: { quick: false, rows: undefined } });
  });

  it('choose benchmarks and sizes', () => {
    expect(read('sql', '--rows', '1000,20000')).toEqual({
      help: false,
      names: ['sql'],
      options: { quick: false, rows: [1000, 20_000] },
    });
    expect(read('sql', '--rows', '0,0').options.rows).toEqual([0, 0]);
  });

  it.each([['2000,1000'], ['1000'], ['0,10'], ['1e6,1e7']])('refuse --rows %s', (rows) => {
    expect(() => read('--rows', rows)).toThrow('the smaller first');
  });

  it('refuse a benchmark that is not there', () => {
    expect(() => read('speed')).toThrow('there are startup, sql');
  });
});
