import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Linux counts processor time in ticks of 1/100 s, whatever the kernel's own (proc_pid_stat(5), USER_HZ). */
const TICKS_PER_SECOND = 100;

/**
 * Proportional memory of processes, in MB: pages that several share count once. Undefined where the system does not tell it, as
 * anywhere but on Linux.
 */
export async function memoryOf(pids: readonly number[]): Promise<number | undefined> {
  let totalKiB = 0;
  for (const pid of pids) {
    const text = await readProc(pid, 'smaps_rollup');
    const [, kib] = /^Pss: +(\d+) kB$/m.exec(text ?? '') ?? [];
    if (kib === undefined) return undefined;
    totalKiB += Number(kib);
  }
  return (totalKiB * 1024) / 1e6;
}

/** Processor time that processes take together over `seconds`, in % of one core; undefined as for `memoryOf`. */
export async function processorUse(pids: readonly number[], seconds: number): Promise<number | undefined> {
  const before = await processorTicks(pids);
  const startedAtMs = performance.now();
  if (before === undefined) return undefined;
  await delay(seconds * 1000);
  const after = await processorTicks(pids);
  const elapsedMs = performance.now() - startedAtMs;
  return after === undefined ? undefined : ((after - before) / TICKS_PER_SECOND / (elapsedMs / 1000)) * 100;
}

/** Parent of a process; undefined as for `memoryOf`. */
export async function parentOf(pid: number): Promise<number | undefined> {
  const parent = (await statFields(pid))?.[1];
  return parent === undefined ? undefined : Number(parent);
}

async function processorTicks(pids: readonly number[]): Promise<number | undefined> {
  let ticks = 0;
  for (const pid of pids) {
    const fields = await statFields(pid);
    if (!fields) return undefined;
    // utime and stime, fields 14 and 15 of proc_pid_stat(5); the first one here is its third.
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks;
}

/** What follows the program's name, which may hold blanks and brackets. */
async function statFields(pid: number): Promise<string[] | undefined> {
  const text = await readProc(pid, 'stat');
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function readProc(pid: number, file: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  return readFile(`/proc/${pid}/${file}`, 'utf8');
}
