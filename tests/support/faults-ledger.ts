import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const entrySchema = z.strictObject({
  event: z.enum(['start', 'end']),
  commandId: z.uuid(),
  attemptId: z.uuid(),
  workstation: z.string(),
  at: z.iso.datetime(),
  pid: z.int(),
});
/** One line of the simulator's own record of its runs. */
export type LedgerEntry = z.infer<typeof entrySchema>;

/** Where a stack's simulators keep their ledger. */
export function ledgerPath(stateDir: string): string {
  return join(stateDir, 'simulator-ledger.ndjson');
}

/** The whole ledger, oldest first; empty before the first run. @throws for a line that is none */
export async function readLedger(path: string): Promise<LedgerEntry[]> {
  const text = await readText(path);
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter(Boolean)
    .map((line) => entrySchema.parse(JSON.parse(line)));
}

/** Runs that began and did not say that they ended. */
export function unfinishedRuns(ledger: readonly LedgerEntry[]): LedgerEntry[] {
  const ended = new Set(ledger.filter(({ event }) => event === 'end').map(runKey));
  return ledger.filter((entry) => entry.event === 'start' && !ended.has(runKey(entry)));
}

/** True while the process of this run is there: the command line of an adapter names its attempt. */
export async function isRunning({ pid, attemptId }: LedgerEntry): Promise<boolean> {
  return (await commandLineOf(pid)).includes(attemptId);
}

function runKey({ attemptId, pid }: LedgerEntry): string {
  return `${attemptId} ${pid}`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // Not `instanceof`: inside jest the system's errors are of another realm.
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    // ESRCH: a process that ended while its entry in /proc was read.
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

/** Empty when there is no such process, or only what is left of an ended one. */
function commandLineOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readText(`/proc/${pid}/cmdline`);
  return new Promise((resolve) => {
    execFile('ps', ['-p', String(pid), '-o', 'args='], (_error, stdout) => resolve(stdout));
  });
}
