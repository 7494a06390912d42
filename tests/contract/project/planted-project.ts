import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './run-script.ts';

const SETTINGS = [
  'package.json',
  'tsconfig.json',
  '.prettierrc.json',
  '.prettierignore',
  '.oxlintrc.json',
  '.dependency-cruiser.mjs',
];

export interface PlantedProject {
  readonly folder: string;
  /** Deletes it. */
  remove(): Promise<void>;
}

/**
 * A project of nothing but `files` (path → text) under the checkout's own settings and packages: what its tools report there,
 * they report in the checkout.
 */
export async function plantProject(files: Readonly<Record<string, string>>): Promise<PlantedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-planted-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const name of SETTINGS) await copyFile(join(ROOT, name), join(folder, name));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return {
    folder,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
