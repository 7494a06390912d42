import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { about, type Finding } from './finding.ts';

type Adapter = CmdhostConfig['adapters'][number];

/** Where the system looks for programs. */
export interface Programs {
  readonly platform: NodeJS.Platform;
  /** As in the variable PATH. */
  readonly searchPath: string;
}

/** Every adapter can be started, and the scripts it is given are there. */
export async function checkAdapters(
  adapters: readonly Adapter[],
  programs: Programs = { platform: process.platform, searchPath: process.env['PATH'] ?? '' },
): Promise<Finding[]> {
  return (await Promise.all(adapters.map(async (adapter) => checkAdapter(adapter, programs)))).flat();
}

async function checkAdapter({ application, command }: Adapter, programs: Programs): Promise<Finding[]> {
  const found = about(`adapter ${application}`);
  const [executable = '', ...given] = command;
  const at = await findExecutable(executable, programs);
  if (!at)
    return [
      found.problem(
        `${executable} is not there or may not be executed`,
        'correct adapters[].command; give the whole path of the executable',
      ),
    ];
  const missing: string[] = [];
  for (const argument of given)
    if (isAbsolute(argument) && !(await isThere(argument))) missing.push(argument);
  if (missing.length > 0)
    return missing.map((path) => found.problem(`${path} does not exist`, 'correct adapters[].command'));
  return [found.ok(at)];
}

/** A bare name is looked for as the system would: in the folders of PATH. */
async function findExecutable(name: string, { platform, searchPath }: Programs): Promise<string | undefined> {
  const bare = !name.includes('/') && !name.includes(sep);
  const folders = bare ? searchPath.split(delimiter).filter(Boolean) : [''];
  for (const folder of folders) {
    for (const file of fileNames(name, platform)) {
      const path = folder === '' ? file : join(folder, file);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

/**
 * What a program's file may be called. On Windows as libuv looks for it, which knows no PATHEXT; Node starts no batch file without a shell.
 * @see https://github.com/libuv/libuv/blob/v1.x/src/win/process.c search_path
 */
function fileNames(name: string, platform: NodeJS.Platform): readonly string[] {
  if (platform !== 'win32') return [name];
  if (/\.(bat|cmd)$/i.test(name)) return [];
  const extended = [`${name}.com`, `${name}.exe`];
  return /\.[^\\/]+$/.test(name) ? [name, ...extended] : extended;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
