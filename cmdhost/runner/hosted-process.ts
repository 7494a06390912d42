import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { killTree } from '../processes.ts';
import { within } from '../retry.ts';
import { createLineReader } from '../run/lines.ts';

export interface ProcessCommand {
  /** Executable and arguments, passed on as they are. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface LocalProcess {
  readonly pid: number;
  /** Resolves once the process and whatever it left behind have ended and its output is read. */
  readonly exited: Promise<ProcessExit>;
  /** Puts a line on its standard input. */
  write(line: string): void;
  /** Ends its standard input; kills it when it still runs 5 s later. */
  end(): Promise<void>;
  /** No output is read while paused: the process waits with it. */
  pause(paused: boolean): void;
  /** Ends the whole tree at once. */
  kill(): Promise<void>;
}

/** What any program of the system needs; the agent's own environment stays with the agent. */
const PASSED_ON =
  process.platform === 'win32'
    ? [
        'PATH',
        'PATHEXT',
        'SystemRoot',
        'SystemDrive',
        'ComSpec',
        'TEMP',
        'TMP',
        'USERPROFILE',
        'APPDATA',
        'LOCALAPPDATA',
        'ProgramData',
        'ProgramFiles',
      ]
    : ['PATH', 'HOME', 'LANG', 'TMPDIR'];

/** How long output may still come after the process has ended. */
const OUTPUT_GRACE_MS = 1_000;
/** How long a process may take to stop once its standard input has ended. */
const END_GRACE_MS = 5_000;

/**
 * Starts an adapter: no shell, its own process group, the minimal environment, stdin as an open pipe whose end tells it that the
 * agent is gone. Resolves once the process runs; rejects with the system's error when it cannot be started.
 */
export async function startProcess(
  { command, environment, cwd }: ProcessCommand,
  onLine: (stream: 'out' | 'err', text: string) => void,
): Promise<LocalProcess> {
  const [executable = '', ...args] = command;
  const child = spawn(executable, args, {
    cwd,
    env: { ...minimalEnvironment(), ...environment },
    detached: process.platform !== 'win32',
    shell: false,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error('the process has no id');
  // A broken pipe only says that the process does not read it.
  child.stdin.on('error', () => undefined);
  readLines(child.stdout, (text) => onLine('out', text));
  readLines(child.stderr, (text) => onLine('err', text));
  return {
    pid,
    exited: exited.then((exit) => settle(child, pid, exit, closed)),
    write: (line) => void child.stdin.write(`${line}\n`),
    end: async () => {
      child.stdin.end();
      if (!(await within(END_GRACE_MS, exited))) await killTree(pid);
    },
    pause: (paused) => {
      for (const stream of [child.stdout, child.stderr])
        if (paused) stream.pause();
        else stream.resume();
    },
    kill: async () => killTree(pid),
  };
}

/** Children of the adapter must not outlive it, nor may one that holds its stdout keep the run from ending. */
async function settle(
  child: ChildProcess,
  pid: number,
  exit: ProcessExit,
  closed: Promise<unknown>,
): Promise<ProcessExit> {
  if (process.platform !== 'win32') await killTree(pid);
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, OUTPUT_GRACE_MS);
  child.stdin?.destroy();
  await closed;
  clearTimeout(timer);
  return exit;
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  const reader = createLineReader(onLine);
  stream.on('data', (chunk: Buffer) => reader.write(chunk));
  stream.on('end', () => reader.end());
}

/** Of the environment of this process, what any program may have. */
export function minimalEnvironment(): Record<string, string> {
  const known = PASSED_ON.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
