import type { Numbers } from '../simulator/numbers.ts';
import type { Step, Tool } from './tool.ts';

/** The cutting blocks of one step, without block numbers, and the length of path they cut, in millimetres. */
export interface Moves {
  readonly start: { readonly x: number; readonly y: number };
  readonly blocks: readonly string[];
  readonly cutLength: number;
}

const CLEARANCE = 2;

/** Holes for a step that drills, bores, reams or taps; passes of a rectangle going deeper for any other. */
export function movesOf(step: Step, tool: Tool, numbers: Numbers): Moves {
  if (/\b(tap|tapping|thread)/i.test(step.processDescription)) return holes('G84', tool, numbers);
  if (/\b(drill|bore|boring|ream|centre|center|spot)/i.test(step.processDescription))
    return holes(numbers.whole(0, 1) ? 'G83' : 'G81', tool, numbers);
  return passes(tool, numbers);
}

function holes(cycle: 'G81' | 'G83' | 'G84', tool: Tool, numbers: Numbers): Moves {
  const depth = numbers.millimetres(4, 30);
  const start = { x: numbers.millimetres(-90, 90), y: numbers.millimetres(-60, 60) };
  const peck = cycle === 'G83' ? ` Q${word(numbers.millimetres(1, 4))}` : '';
  const count = numbers.whole(3, 8);
  const further = Array.from(
    { length: count },
    () => `X${word(numbers.millimetres(-90, 90))} Y${word(numbers.millimetres(-60, 60))}`,
  );
  return {
    start,
    blocks: [`G98 ${cycle} Z${word(-depth)} R${word(CLEARANCE)}${peck} F${tool.feed}`, ...further, 'G80'],
    cutLength: (count + 1) * (depth + CLEARANCE),
  };
}

function passes(tool: Tool, numbers: Numbers): Moves {
  const width = numbers.millimetres(20, 160);
  const height = numbers.millimetres(15, 110);
  const x = -width / 2;
  const y = -height / 2;
  const count = numbers.whole(2, 5);
  const stepDown = numbers.millimetres(0.3, 2.5);
  const blocks = [`G0 Z${word(CLEARANCE)}`];
  for (let pass = 1; pass <= count; pass += 1) {
    blocks.push(
      `G1 Z${word(-stepDown * pass)} F${Math.max(1, Math.round(tool.feed / 3))}`,
      `G1 X${word(x + width)} F${tool.feed}`,
      `Y${word(y + height)}`,
      `X${word(x)}`,
      `Y${word(y)}`,
    );
  }
  blocks.push(`G0 Z${word(CLEARANCE)}`);
  return { start: { x, y }, blocks, cutLength: count * (2 * (width + height) + stepDown) };
}

/** A coordinate as Fanuc wants it: three decimals at most, and always a point (`X10` would mean 0.010). */
export function word(value: number): string {
  const rounded = Math.round(value * 1000) / 1000;
  const text = (rounded === 0 ? 0 : rounded).toFixed(3).replace(/0+$/, '');
  return text;
}
