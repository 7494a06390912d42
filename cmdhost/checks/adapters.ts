import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { about, type Finding } from './finding.ts';

type Adapter = CmdhostConfig['adapters'][number];

/** Every adapter can be started, and the scripts it is given are there. */
export async function checkAdapters(adapters: readonly Adapter[]): Promise<Finding[]> {
  return (await Promise.all(adapters.map(async (adapter) => checkAdapter(adapter)))).flat();
}

async function checkAdapter({ application, command }: Adapter): Promise<Finding[]> {
  const found = about(`adapter ${application}`);
  const [executable = '', ...given] = command;
  const at = await findExecutable(executable);
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
async function findExecutable(name: string): Promise<string | undefined> {
  const bare = !name.includes('/') && !name.includes(sep);
  const folders = bare ? (process.env['PATH'] ?? '').split(delimiter).filter(Boolean) : [''];
  for (const folder of folders) {
    const path = folder === '' ? name : join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
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
