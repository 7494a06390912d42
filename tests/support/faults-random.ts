/** Random numbers that a seed repeats (mulberry32, public domain). */
export interface Random {
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** The entries in another order. */
  shuffled<T>(entries: readonly T[]): T[];
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    integer: (least, most) => least + Math.floor(next() * (most - least + 1)),
    shuffled: (entries) =>
      entries
        .map((entry) => ({ entry, rank: next() }))
        .toSorted((one, other) => one.rank - other.rank)
        .map(({ entry }) => entry),
  };
}
