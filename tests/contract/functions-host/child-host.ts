import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { fixture } from './start.ts';

export interface ChildHost {
  readonly process: ChildProcess;
  /** Everything written to stdout and stderr so far. */
  output(): string;
  /** Resolves once it serves, with its address; rejects with its output when it ends instead. */
  ready(): Promise<string>;
  /** Resolves with exit code and signal. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `local/functions-host/main.ts` as the supervisor does, with a state folder of its own. */
export async function startChildHost(
  name: string,
  env: Record<string, string> = {},
  hostJson = {},
): Promise<ChildHost> {
  const stateDir = await mkdtemp(join(tmpdir(), 'functions-host-'));
  await writeFile(join(stateDir, 'host.json'), JSON.stringify({ version: '2.0', ...hostJson }));
  const child = spawn(process.execPath, ['local/functions-host/main.ts'], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      MCMS_PORT: '0',
      MCMS_STATE_DIR: stateDir,
      MCMS_APP_ENTRY: fixture(name),
      MCMS_HOST_JSON: join(stateDir, 'host.json'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    process: child,
    output: () => output,
    async ready() {
      const port = await eventually('the host to be ready', () => {
        if (child.exitCode !== null) throw new Error(`the host ended: ${output}`);
        return /functions-host: ready \{"port":(\d+)/.exec(output)?.[1];
      });
      return `http://127.0.0.1:${port}`;
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(stateDir, { recursive: true });
    },
  };
}
