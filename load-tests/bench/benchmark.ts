/** What a figure is compared with on the same machine in the same run, so that machines can be told apart. */
export interface Baseline {
  readonly name: string;
  readonly value: number;
}

/** One figure. Smaller is better. */
export interface Measurement {
  readonly name: string;
  /** `undefined`: this machine gives no way to measure it. */
  readonly value: number | undefined;
  readonly unit: 's' | 'ms' | 'MB' | '% of a core';
  /** The most that is accepted, in the same unit; without one the figure is for information. */
  readonly limit?: number;
  /** In the same unit. */
  readonly baseline?: Baseline;
  /** Single values the figure was made from, in order. */
  readonly samples?: readonly number[];
}

export interface Benchmark {
  /** As on the command line. */
  readonly name: string;
  readonly summary: string;
  /** Takes the measures; `say` tells the person at the terminal what is going on. */
  readonly run: (say: (line: string) => void) => Promise<readonly Measurement[]>;
}

/** False when a figure is above its limit. */
export function holds({ value, limit }: Measurement): boolean {
  return value === undefined || limit === undefined || value <= limit;
}

/** The middle value; of two middle ones the mean. @throws without values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('there is no median of nothing');
  return (lower + upper) / 2;
}
