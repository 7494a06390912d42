import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ProcessFacts {
  readonly parentPid: number;
  /** File name of the program, for example `sh`, without `.exe`. */
  readonly program: string;
}

/** What the system says of another process. @throws when there is none, or the system's tool for it is missing */
export async function processFacts(pid: number): Promise<ProcessFacts> {
  if (process.platform === 'linux') return fromStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  if (process.platform === 'win32') {
    const query =
      `Get-CimInstance Win32_Process -Filter ProcessId=${pid} | ` +
      'ForEach-Object { "$($_.ParentProcessId) $($_.Name)" }';
    const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query]);
    return fromColumns(stdout);
  }
  const { stdout } = await run('ps', ['-o', 'ppid=,comm=', '-p', String(pid)]);
  return fromColumns(stdout);
}

/** The second field of proc(5)'s `stat` is the program in brackets and may itself hold brackets and spaces. */
function fromStat(stat: string): ProcessFacts {
  const [, program = '', parent = ''] = /^\d+ \((.*)\) \S (\d+) /s.exec(stat) ?? [];
  return { parentPid: Number(parent), program };
}

function fromColumns(line: string): ProcessFacts {
  const [, parent, program] = /^\s*(\d+)\s+-?(.+?)\s*$/.exec(line) ?? [];
  if (!parent || !program) throw new Error(`the system describes a process as ${JSON.stringify(line)}`);
  return { parentPid: Number(parent), program: basename(program).replace(/\.exe$/i, '') };
}
