import { createRandom } from '../../../cli/seed/random.ts';

/** One side of a comparison. What `prepare` does is not timed. */
export interface Side {
  prepare?(): Promise<void>;
  run(): unknown;
}

export interface InterleaveOptions {
  /** How often each side is timed. */
  readonly rounds: number;
  /** Rounds before those, not timed: compilers and caches get warm. */
  readonly warmUp: number;
  /** Milliseconds; default: the process's own clock. */
  readonly nowMs?: () => number;
}

export type Samples<Name extends string> = Readonly<Record<Name, number[]>>;

/**
 * Times the sides in turn, once each a round and in an order drawn anew for each: whatever slows the machine for a while meets all of
 * them, and no side is always the one that the garbage collector stops.
 * @returns milliseconds by side
 */
export async function interleave<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { rounds, warmUp, nowMs = () => performance.now() }: InterleaveOptions,
): Promise<Samples<Name>> {
  const names = Object.keys(sides) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Samples<Name>;
  const random = createRandom(1);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of shuffled(names, (max) => random.whole(0, max))) {
      const side = sides[name];
      await side.prepare?.();
      const startedMs = nowMs();
      await side.run();
      if (round >= 0) samples[name].push(nowMs() - startedMs);
    }
  }
  return samples;
}

function shuffled<T>(values: readonly T[], upTo: (max: number) => number): T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(upTo(left.length - 1), 1));
}
