import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runScript } from './run-script.ts';

/** What the build on Azure finds, beside the packages it installs (`.funcignore`). */
const DEPLOYED = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'host.json',
  'bin',
  'tools',
  'functions',
  'shared',
];

export interface BuiltApp {
  /** The deployed files with `dist` beside them. */
  readonly folder: string;
  /** Deletes it. */
  remove(): Promise<void>;
}

/** Runs `npm run build` on what a deployment holds, in a folder of its own. @throws what the build says */
export async function buildApp(): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-built-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    for (const name of DEPLOYED) {
      const filter = (path: string): boolean => !path.endsWith('.test.ts');
      await cp(join(ROOT, name), join(folder, name), { recursive: true, filter });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const { exitCode, stdout, stderr } = await runScript('build', folder);
    if (exitCode !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, remove };
}
