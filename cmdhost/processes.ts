import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './system-error.ts';

const run = promisify(execFile);
const TOOL_TIMEOUT_MS = 10_000;

/**
 * What tells a running process from any other that has or will have its id: on Linux the boot and the clock tick it was started
 * in, elsewhere its start time and command line. Undefined when there is no such process (or only what is left of an ended one).
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxIdentity(pid);
  return process.platform === 'win32' ? windowsIdentity(pid) : psIdentity(pid);
}

/** Ends a process and all it started: its group on POSIX systems (it must lead one), its tree on Windows. */
export async function killTree(pid: number): Promise<void> {
  if (process.platform === 'win32') {
    // Exit code 128: there is no such process.
    await run('taskkill', ['/PID', String(pid), '/T', '/F'], { timeout: TOOL_TIMEOUT_MS }).catch(
      ignoreCode(128),
    );
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Ends a process left over from a former agent if it is surely the same one, and waits up to 5 s until it is gone. */
export async function killLeftover(leftover: {
  pid: number;
  identity: string;
}): Promise<'was-gone' | 'killed' | 'still-runs'> {
  const isSame = async (): Promise<boolean> => (await processIdentity(leftover.pid)) === leftover.identity;
  if (!(await isSame())) return 'was-gone';
  await killTree(leftover.pid);
  for (let check = 0; check < 250; check += 1) {
    if (!(await isSame())) return 'killed';
    await delay(20);
  }
  return 'still-runs';
}

/**
 * Ends what is left of a process that ran a moment ago, its children also when it has ended itself. Only for process ids known to be of
 * this moment: once a group is empty, its number may be given to another.
 */
export async function killAbandoned(abandoned: {
  pid: number;
  identity: string | undefined;
}): Promise<'was-gone' | 'killed' | 'still-runs'> {
  const { pid, identity } = abandoned;
  const end = identity === undefined ? 'was-gone' : await killLeftover({ pid, identity });
  if (end === 'was-gone' && process.platform !== 'win32' && (await processIdentity(pid)) === undefined)
    await killTree(pid);
  return end;
}

async function linuxIdentity(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // proc_pid_stat(5): the name may hold spaces and brackets; state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    // Not the command line: for a moment after the start it is still empty, and a program may change it.
    return `${boot.trim()} ${pid} ${fields[19]}`;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(String(errorCode(error)))) return undefined;
    throw error;
  }
}

/** Exit code 1: there is no such process. */
async function psIdentity(pid: number): Promise<string | undefined> {
  const found = await run('ps', ['-p', String(pid), '-o', 'lstart=,args='], {
    timeout: TOOL_TIMEOUT_MS,
  }).catch(ignoreCode(1));
  return found?.stdout.trim() || undefined;
}

async function windowsIdentity(pid: number): Promise<string | undefined> {
  const query =
    `Get-CimInstance Win32_Process -Filter "ProcessId=${pid}" | ` +
    'ForEach-Object { $_.CreationDate.ToUniversalTime().ToString("o") + " " + $_.CommandLine }';
  const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], {
    timeout: TOOL_TIMEOUT_MS,
  });
  return stdout.trim() || undefined;
}

function ignoreCode(code: number): (error: unknown) => undefined {
  return (error) => {
    if (errorCode(error) !== code) throw error;
    return undefined;
  };
}
