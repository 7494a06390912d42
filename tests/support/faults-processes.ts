import { readdir, readFile } from 'node:fs/promises';

/**
 * Ids of the processes, other than this one, that have a text in their environment or command line, for example the state folder
 * of a stack. Looks into /proc: Linux only.
 */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [environment, commandLine] = await Promise.all([read(pid, 'environ'), read(pid, 'cmdline')]);
      return environment.includes(text) || commandLine.includes(text);
    }),
  );
  return pids.filter((pid, index) => found[index] && pid !== process.pid);
}

/** Empty for a process that has ended meanwhile, or is somebody else's. */
async function read(pid: number, file: 'environ' | 'cmdline'): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}
