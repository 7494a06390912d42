import { readFile, readdir } from 'node:fs/promises';
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

/** What a process and everything below it has used so far. */
export interface Usage {
  /** Processor time in ms, that of ended children included. */
  readonly processorMs: number;
  /** Bytes sent to the disk, that of ended children included. */
  readonly writtenBytes: number;
}

/** Usage of a whole tree of processes; undefined where the system does not tell it, as anywhere but on Linux. */
export async function usageOf(root: number): Promise<Usage | undefined> {
  if (process.platform !== 'linux') return undefined;
  let ticks = 0;
  let writtenBytes = 0;
  for (const pid of await treeOf(root)) {
    try {
      const fields = await statFields(pid);
      // utime, stime, cutime and cstime, fields 14 to 17 of proc_pid_stat(5); the first one here is its third.
      for (const field of fields?.slice(11, 15) ?? []) ticks += Number(field);
      // proc_pid_io(5); the kernel adds those of children that were waited for.
      writtenBytes += Number(/^write_bytes: (\d+)$/m.exec((await readProc(pid, 'io')) ?? '')?.[1] ?? 0);
    } catch (error) {
      // Ended while it was looked at: its parent has its figures.
      if (!isGone(error)) throw error;
    }
  }
  return { processorMs: (ticks / TICKS_PER_SECOND) * 1000, writtenBytes };
}

/** A process and all below it that live now. */
export async function treeOf(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = await parentOf(Number(name));
      if (parent !== undefined) parents.set(Number(name), parent);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code));
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
