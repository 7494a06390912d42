import { createHash } from 'node:crypto';

/** A stream of numbers that depends on the seed alone: the same job always gives the same program. */
export interface Numbers {
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  /** A number from `min` to `max` in steps of 0.001. */
  millimetres(min: number, max: number): number;
}

/** Bytes of SHA-256 in counter mode, four at a time. */
export function numbersFrom(seed: string): Numbers {
  let counter = 0;
  let pool = Buffer.alloc(0);
  const next = (): number => {
    if (pool.length < 4) {
      pool = createHash('sha256').update(`${seed}\n${counter}`).digest();
      counter += 1;
    }
    const value = pool.readUInt32BE(0);
    pool = pool.subarray(4);
    return value;
  };
  const whole = (min: number, max: number): number => min + (next() % (max - min + 1));
  return { whole, millimetres: (min, max) => whole(Math.round(min * 1000), Math.round(max * 1000)) / 1000 };
}
