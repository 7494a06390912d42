import type { AdapterJob } from '../contract.ts';
import type { Numbers } from '../simulator/numbers.ts';

export type Step = AdapterJob['routing']['steps'][number];

/** Cutting data of one step. Speed in revolutions, feed in millimetres per minute. */
export interface Tool {
  readonly number: number;
  readonly description: string;
  readonly spindleSpeed: number;
  readonly feed: number;
}

/**
 * The step's tool, from what its tool information says (`T12 END MILL D10 S8000 F1200`). What it leaves out is filled in:
 * the number from the step's sequence, speed and feed from `numbers`.
 */
export function toolOf(step: Step, numbers: Numbers): Tool {
  const text = step.toolInformation ?? '';
  const spindleSpeed = numbers.whole(20, 120) * 100;
  const feed = numbers.whole(10, 180) * 10;
  return {
    number: said(text, /\bT\s*(\d{1,4})\b/i) ?? ((step.sequence - 1) % 99) + 1,
    description: text || `TOOL FOR STEP ${step.sequence}`,
    spindleSpeed: said(text, /\bS\s*(\d{2,5})\b/i) ?? spindleSpeed,
    feed: said(text, /\bF\s*(\d{1,5})\b/i) ?? feed,
  };
}

function said(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1];
  const number = digits === undefined ? 0 : Number(digits);
  return number > 0 ? number : undefined;
}
