import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Read and write for the owner only: private keys and files that name them. Windows keeps the folder's access list instead. */
export const OWNER_ONLY = 0o600;

/**
 * Writes a whole file or leaves the old one: a reader, and a restart after a crash, never sees half of it. Makes the folder.
 * @param mode POSIX permission bits of the new file, default 0644
 */
export async function writeFileAtomic(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { mode, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** True when `error` is the file system's "no such file or folder". */
export function isNotFound(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/** True when `error` carries that system error code. Not by `instanceof`: the system's errors may come from another realm. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
