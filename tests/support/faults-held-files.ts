import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TRIES = 5;

/**
 * Reads a SQLite file that another process holds exclusively, from a copy of it. The write-ahead log is copied first: what a checkpoint
 * moves into the file in between is then found in both. Undefined while there is no such file.
 */
export async function readHeld<T>(path: string, read: (database: DatabaseSync) => T): Promise<T | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-held-'));
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        return await readCopy(path, join(folder, `${tries}.db`), read);
      } catch (error) {
        // A copy that was torn by a checkpoint.
        if (tries === TRIES) throw error;
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readCopy<T>(
  path: string,
  copy: string,
  read: (database: DatabaseSync) => T,
): Promise<T | undefined> {
  await copyIfThere(`${path}-wal`, `${copy}-wal`);
  if (!(await copyIfThere(path, copy))) return undefined;
  using database = new DatabaseSync(copy);
  return read(database);
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return false;
    throw error;
  }
}
