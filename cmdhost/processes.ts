import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './system-error.ts';

const run = promisify(execFile);
const TOOL_TIMEOUT_MS = 10_000;
const GONE_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 20;

export type RunTool = (
  tool: string,
  args: readonly string[],
  options: { readonly timeout: number },
) => Promise<{ readonly stdout: string }>;

/** What ending a left-over process needs of the system. */
export interface ProcessSystem {
  identity(pid: number): Promise<string | undefined>;
  killTree(pid: number): Promise<void>;
  /** Never goes back. */
  nowMs(): number;
  pause(delayMs: number): Promise<unknown>;
}

const thisSystem: ProcessSystem = {
  identity: async (pid) => processIdentity(pid),
  killTree,
  nowMs: () => performance.now(),
  pause: async (delayMs) => delay(delayMs),
};

/**
 * What tells a running process from any other that has or will have its id: on Linux the boot and the clock tick it was started
 * in, on Windows the time it was started at, elsewhere that and its command line. The same for every account that asks. Undefined when
 * there is no such process (or only what is left of an ended one).
 */
export async function processIdentity(
  pid: number,
  platform: NodeJS.Platform = process.platform,
  runTool: RunTool = run,
): Promise<string | undefined> {
  if (platform === 'linux') return linuxIdentity(pid);
  return platform === 'win32' ? windowsIdentity(pid, runTool) : psIdentity(pid, runTool);
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

/**
 * Ends a process left over from a former agent if it is surely the same one, and looks for 5 s whether it is gone, however long a look
 * takes: on Windows each is a PowerShell of its own.
 * @throws {Error} when a tool of the system fails or takes too long
 */
export async function killLeftover(
  { pid, identity }: { pid: number; identity: string },
  system: ProcessSystem = thisSystem,
): Promise<'was-gone' | 'killed' | 'still-runs'> {
  const isSame = async (): Promise<boolean> => (await system.identity(pid)) === identity;
  if (!(await isSame())) return 'was-gone';
  await system.killTree(pid);
  const deadlineMs = system.nowMs() + GONE_WITHIN_MS;
  while (await isSame()) {
    if (system.nowMs() >= deadlineMs) return 'still-runs';
    await system.pause(LOOK_AGAIN_MS);
  }
  return 'killed';
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
async function psIdentity(pid: number, runTool: RunTool): Promise<string | undefined> {
  const found = await runTool('ps', ['-p', String(pid), '-o', 'lstart=,args='], {
    timeout: TOOL_TIMEOUT_MS,
  }).catch(ignoreCode(1));
  return found?.stdout.trim() || undefined;
}

/** Without the command line: Windows shows that of another account's process to administrators only. */
async function windowsIdentity(pid: number, runTool: RunTool): Promise<string | undefined> {
  const query =
    `Get-CimInstance Win32_Process -Filter "ProcessId=${pid}" | ` +
    'ForEach-Object { $_.CreationDate.ToUniversalTime().ToString("o") }';
  const { stdout } = await runTool('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], {
    timeout: TOOL_TIMEOUT_MS,
  });
  const createdAt = stdout.trim();
  return createdAt ? `${pid} ${createdAt}` : undefined;
}

function ignoreCode(code: number): (error: unknown) => undefined {
  return (error) => {
    if (errorCode(error) !== code) throw error;
    return undefined;
  };
}
