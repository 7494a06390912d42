import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { AdapterJob } from '../contract.ts';

/**
 * The simulators' own record of what they ran, kept apart from everything the product says about itself. One line for each event,
 * in one appending write, so that simulators side by side never mix their lines.
 */
export function writeLedger(path: string | undefined, event: 'start' | 'end', job: AdapterJob): void {
  if (!path) return;
  const { commandId, attemptId, workstation } = job;
  const line = JSON.stringify({
    event,
    commandId,
    attemptId,
    workstation,
    at: new Date().toISOString(),
    pid: process.pid,
  });
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o644);
  try {
    writeSync(file, `${line}\n`);
  } finally {
    closeSync(file);
  }
}
