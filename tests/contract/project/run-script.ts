import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs an npm script as it stands in package.json in `cwd`, without a shell: commands of packages or `node`, joined by `&&`. The
 * last one gets `extraArgs`; the first that fails is the last.
 */
export async function runScript(name: string, cwd: string, extraArgs: readonly string[] = []): Promise<Ran> {
  const commands = (await scripts())[name]?.split(' && ');
  if (!commands) throw new Error(`package.json has no script ${name}`);
  let ran: Ran = { exitCode: 0, stdout: '', stderr: '' };
  for (const [index, command] of commands.entries()) {
    const [tool = '', ...args] = command.split(' ');
    const program = tool === 'node' ? [] : [await binOf(tool)];
    ran = await runNode([...program, ...args, ...(index === commands.length - 1 ? extraArgs : [])], cwd);
    if (ran.exitCode !== 0) break;
  }
  return ran;
}

/** Runs a program on this Node. Resolves whatever its exit code. */
export function runNode(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
    execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(error ?? new Error('the program ended in no known way'));
    });
  });
}

/** The scripts of package.json: name → command. */
export async function scripts(): Promise<Readonly<Record<string, string>>> {
  return (await readJson<{ scripts: Record<string, string> }>('package.json')).scripts;
}

/** A JSON file of the checkout. */
export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(join(ROOT, path), 'utf8')) as T;
}

const PACKAGES: Readonly<Record<string, string>> = { tsc: 'typescript', depcruise: 'dependency-cruiser' };

async function binOf(tool: string): Promise<string> {
  const folder = `node_modules/${PACKAGES[tool] ?? tool}`;
  const { bin } = await readJson<{ bin: string | Record<string, string> }>(`${folder}/package.json`);
  const entry = typeof bin === 'string' ? bin : bin[tool];
  if (!entry) throw new Error(`${folder} has no command ${tool}`);
  return join(ROOT, folder, entry);
}
