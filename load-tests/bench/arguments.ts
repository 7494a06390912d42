import { parseArgs } from 'node:util';
import type { BenchOptions } from './benchmark.ts';

export interface BenchArguments {
  readonly help: boolean;
  /** None: all benchmarks. */
  readonly names: readonly string[];
  readonly options: BenchOptions;
}

/** Fewer are no history worth measuring. */
const FEWEST_ROWS = 100_000;

/** @throws {Error} that says what is wrong */
export function readArguments(args: readonly string[], benchmarks: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      quick: { type: 'boolean', default: false },
      rows: { type: 'string' },
    },
  });
  const unknown = positionals.find((wanted) => !benchmarks.includes(wanted));
  if (unknown !== undefined)
    throw new Error(`there is no benchmark "${unknown}"; there are ${benchmarks.join(', ')}`);
  const rows = values.rows === undefined ? undefined : readRows(values.rows);
  return { help: values.help, names: positionals, options: { quick: values.quick, rows } };
}

function readRows(text: string): [number, number] {
  const [, small, large] = /^(\d{1,9}),(\d{1,9})$/.exec(text) ?? [];
  const [from, to] = [Number(small), Number(large)];
  const none = from === 0 && to === 0;
  if (!none && !(from >= FEWEST_ROWS && from <= to))
    throw new Error('--rows takes two numbers from 100000 on, the smaller first: --rows 1000000,10000000');
  return [from, to];
}
