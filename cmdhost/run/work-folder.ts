import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one attempt keeps its files: `<workFolder>/runs/<attemptId>/`. */
export interface RunFolder {
  readonly path: string;
  readonly input: string;
  readonly output: string;
  readonly jobFile: string;
  readonly resultFile: string;
}

export function runFolderOf(workFolder: string, attemptId: string): RunFolder {
  const path = join(workFolder, 'runs', attemptId);
  return {
    path,
    input: join(path, 'input'),
    output: join(path, 'output'),
    jobFile: join(path, 'job.json'),
    resultFile: join(path, 'result.json'),
  };
}

/** Makes the folder anew and empty, readable by the agent's account alone. */
export async function prepareRunFolder(folder: RunFolder): Promise<void> {
  await rm(folder.path, { recursive: true, force: true });
  await mkdir(folder.input, { recursive: true, mode: 0o700 });
  await mkdir(folder.output, { mode: 0o700 });
}

/** Removes every run folder but those of `kept`, which is asked after the folders were listed: a new one is never missed. */
export async function pruneRunFolders(workFolder: string, kept: () => ReadonlySet<string>): Promise<void> {
  const runs = join(workFolder, 'runs');
  await mkdir(runs, { recursive: true });
  const present = await readdir(runs);
  const keep = kept();
  const superfluous = present.filter((name) => !keep.has(name));
  await Promise.all(
    superfluous.map(async (name) => rm(join(runs, name), { recursive: true, force: true, maxRetries: 3 })),
  );
}
