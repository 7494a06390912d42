import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { adapterLine, type AdapterLine } from '../adapters/contract.ts';
import { killTree } from '../processes.ts';
import { createLineReader } from './lines.ts';

export interface AdapterCommand {
  /** Executable and arguments, passed on as they are. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface AdapterEvents {
  readonly onLine: (line: AdapterLine) => void;
  /** Text that is no line of the contract, and all of stderr. */
  readonly onText: (text: string) => void;
}

export interface AdapterExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface AdapterProcess {
  readonly pid: number;
  /** Resolves once the process and whatever it left behind have ended and its output is read. */
  readonly exited: Promise<AdapterExit>;
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

/**
 * Starts an adapter: no shell, its own process group, the minimal environment, stdin as an open pipe whose end tells it that the
 * agent is gone. Resolves once the process runs; rejects with the system's error when it cannot be started.
 */
export async function startAdapter(
  { command, environment, cwd }: AdapterCommand,
  { onLine, onText }: AdapterEvents,
): Promise<AdapterProcess> {
  const [executable = '', ...args] = command;
  const child = spawn(executable, args, {
    cwd,
    env: { ...minimalEnvironment(), ...environment },
    detached: process.platform !== 'win32',
    shell: false,
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const exited = new Promise<AdapterExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const closed = once(child, 'close');
  closed.catch(() => undefined);
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error('the adapter has no process id');
  // A broken pipe only says that the adapter does not read it.
  child.stdin.on('error', () => undefined);
  readLines(child, (line) => dispatch(line, onLine, onText), onText);
  return {
    pid,
    exited: exited.then((exit) => settle(child, pid, exit, closed)),
    kill: async () => killTree(pid),
  };
}

/** Children of the adapter must not outlive it, nor may one that holds its stdout keep the run from ending. */
async function settle(
  child: ChildProcess,
  pid: number,
  exit: AdapterExit,
  closed: Promise<unknown>,
): Promise<AdapterExit> {
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

function readLines(
  child: ChildProcess,
  onStdout: (line: string) => void,
  onStderr: (line: string) => void,
): void {
  for (const [stream, onLine] of [
    [child.stdout, onStdout],
    [child.stderr, onStderr],
  ] as const) {
    const reader = createLineReader(onLine);
    stream?.on('data', (chunk: Buffer) => reader.write(chunk));
    stream?.on('end', () => reader.end());
  }
}

function dispatch(line: string, onLine: AdapterEvents['onLine'], onText: AdapterEvents['onText']): void {
  const parsed = line.startsWith('{') ? adapterLine.safeParse(parseJson(line)) : undefined;
  if (parsed?.success) onLine(parsed.data);
  else onText(line);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function minimalEnvironment(): Record<string, string> {
  const known = PASSED_ON.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(known.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
