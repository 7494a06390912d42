/** What a figure is compared with on the same machine in the same run, so that machines can be told apart. */
export interface Baseline {
  readonly name: string;
  readonly value: number;
}

export type Unit = 's' | 'ms' | 'MB' | 'KB' | 'claims' | '% of a core' | '×' | 'rows/s';

/** One figure. Smaller is better, but for `rows/s`. */
export interface Measurement {
  readonly name: string;
  /** `undefined`: this machine gives no way to measure it. */
  readonly value: number | undefined;
  /** `×`: how many times the baseline. */
  readonly unit: Unit;
  /** The worst that is accepted, in the same unit; without one the figure is for information. */
  readonly limit?: number;
  /** In the same unit. */
  readonly baseline?: Baseline;
  /** Single values the figure was made from, in order. */
  readonly samples?: readonly number[];
}

export type Say = (line: string) => void;

/** What the person at the terminal asked for. */
export interface BenchOptions {
  /** A tenth of the data, for a look. */
  readonly quick: boolean;
  /** Rows of the smaller and of the larger table, where a benchmark fills any. */
  readonly rows?: readonly [number, number] | undefined;
}

export interface Benchmark {
  /** As on the command line. */
  readonly name: string;
  readonly summary: string;
  /** Takes the measures; `say` tells the person at the terminal what is going on. */
  readonly run: (say: Say, options: BenchOptions) => Promise<readonly Measurement[]>;
}

/** False when a figure is on the wrong side of its limit. */
export function holds({ value, limit, unit }: Measurement): boolean {
  if (value === undefined || limit === undefined) return true;
  return unit === 'rows/s' ? value >= limit : value <= limit;
}

/** The middle value; of two middle ones the mean. @throws without values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('there is no median of nothing');
  return (lower + upper) / 2;
}
