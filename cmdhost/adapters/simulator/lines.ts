import { writeSync } from 'node:fs';
import type { AdapterLine } from '../contract.ts';

const STDOUT = 1;

/** Ends a job of a process that is kept: its result file is in place. */
interface DoneLine {
  readonly type: 'done';
  readonly attemptId: string;
}

/**
 * One line on stdout, out before this returns: a process that ends or is killed right after loses none. It goes to the descriptor, as
 * `process.stdout` costs every start a few milliseconds.
 */
export function say(line: AdapterLine | DoneLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let sent = 0; sent < bytes.length;) sent += writeSync(STDOUT, bytes, sent);
}
