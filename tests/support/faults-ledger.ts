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

/**
 * True while the process of this run is there: the command line of a simulator names its attempt, or says that it serves one after
 * the other, the latest that its ledger entry names.
 */
export async function isRunning({ pid, attemptId }: LedgerEntry): Promise<boolean> {
  const line = await commandLineOf(pid);
  return line.includes(attemptId) || (line.includes('-simulator/') && line.includes('--serve'));
}

/**
 * True for a process that should be gone once every run has ended: one that was started for this attempt alone, one that still is in
 * a run that never ended, or one that serves and has lost the runner it serves.
 */
export async function isLeftOver(entry: LedgerEntry, ledger: readonly LedgerEntry[]): Promise<boolean> {
  if (!(await isRunning(entry))) return false;
  const line = await commandLineOf(entry.pid);
  if (line.includes(entry.attemptId)) return true;
  const last = ledger.findLast(({ pid }) => pid === entry.pid);
  return last?.event === 'start' || !isRunnerLine(await commandLineOf(await parentOf(entry.pid)));
}

/** `cmdhost/main.ts runner …`; a command line from /proc has NUL between its words. */
export function isRunnerLine(line: string): boolean {
  return /cmdhost\/main\.(?:ts|js)[\0 ]runner(?:[\0 ]|$)/.test(line);
}

/** Parent of a process; 0 when it is gone. Where there is no /proc, nothing can be told: 0. */
export async function parentOf(pid: number): Promise<number> {
  const stat = await readText(`/proc/${pid}/stat`);
  // proc_pid_stat(5): the name may hold blanks and brackets; the parent is the second field after it.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
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
