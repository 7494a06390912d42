import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryOf } from '../../processes.ts';

const PROJECT = join(import.meta.dirname, '../../../..');
const MEMORY_PERIOD_MS = 500;

export interface ImportFigures {
  readonly seconds: number;
  /** The most memory above that of the first look, in MB; undefined where the system does not tell. */
  readonly growthMB: number | undefined;
}

/**
 * Imports a file as `npm run import-history` does, in a process of its own.
 * @throws {Error} with what it printed, when not every row went in
 */
export async function importHistory(sqlConnection: string, path: string): Promise<ImportFigures> {
  const [program, ...args] = await importCommand();
  const startedMs = performance.now();
  const child = spawn(program, [...args, path], {
    cwd: PROJECT,
    env: { ...process.env, SqlConnection: sqlConnection },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed = `${printed}${text}`.slice(-4000)));
  const memory: number[] = [];
  const watching = setInterval(() => void noteMemory(child.pid, memory), MEMORY_PERIOD_MS);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`import-history ended with ${code}:\n${printed}`);
  } finally {
    clearInterval(watching);
  }
  const [first] = memory;
  return {
    seconds: (performance.now() - startedMs) / 1000,
    growthMB: first === undefined ? undefined : Math.max(...memory) - first,
  };
}

/** The script of package.json as arguments: how much memory the process is given stands there. */
async function importCommand(): Promise<[string, ...string[]]> {
  const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const [node, ...args] = scripts['import-history']?.split(' ') ?? [];
  if (node !== 'node') throw new Error('package.json has no script import-history that runs node');
  return [process.execPath, ...args];
}

/** The process may end while it is asked for. */
async function noteMemory(pid: number | undefined, memory: number[]): Promise<void> {
  try {
    const megabytes = pid === undefined ? undefined : await memoryOf([pid]);
    if (megabytes !== undefined && megabytes > 0) memory.push(megabytes);
  } catch {
    // It has ended.
  }
}
