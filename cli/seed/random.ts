/** Pseudo-random numbers that depend on the seed alone, so that two runs make the same shop. */
export interface Random {
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  /** True once in `n`. */
  oneIn(n: number): boolean;
  /** A UUID of version 4 made from the stream. */
  uuid(): string;
}

/** Mulberry32: 32 bits of state are plenty for demo data. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const whole = (min: number, max: number): number => min + (next() % (max - min + 1));
  const hex = (): string => next().toString(16).padStart(8, '0');
  return {
    whole,
    pick: (values) => values[whole(0, values.length - 1)] ?? values[0],
    oneIn: (n) => whole(1, n) === 1,
    uuid: () => {
      const digits = hex() + hex() + hex() + hex();
      const variant = '89ab'.charAt(Number.parseInt(digits.charAt(16), 16) & 3);
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
    },
  };
}
