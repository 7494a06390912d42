import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Preloaded into a process whose wall clock is to jump: `Date` in its JavaScript, by the milliseconds that stand in the file of its
// part; read at the start and at SIGUSR2. As after a real jump, timers and `performance.now()` go on undisturbed. Not covered: SQLite's
// own functions of time, time stamps of files, child processes.

const folder = process.env['MCMS_FAULT_CLOCK'];
const part = process.env['MCMS_FAULT_PART'];
if (!folder || !part) throw new Error('MCMS_FAULT_CLOCK and MCMS_FAULT_PART must be set');
const path = join(folder, part);

let offsetMs = readOffset();
process.on('SIGUSR2', () => {
  offsetMs = readOffset();
});

const realNow = Date.now.bind(Date);
Date.now = () => realNow() + offsetMs;
// A proxy and no subclass: dates that the system makes stay instances of it.
globalThis.Date = new Proxy(Date, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget) as object,
});

/** 0 while nothing has been asked for. */
function readOffset(): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
