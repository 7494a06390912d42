import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** All files below a folder: path with forward slashes → content. Links are not followed, folders named `skip` left out. */
export async function readTree(folder: string, skip?: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const walk = async (at: string): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && entry.name !== skip) await walk(path);
      else if (entry.isFile()) files.set(relative(folder, path).replaceAll('\\', '/'), await readFile(path));
    }
  };
  await walk(folder);
  return files;
}
