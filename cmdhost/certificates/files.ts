import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../system-error.ts';

/** Read and write for the owner alone. Windows has no such bits: there the folder's access list counts. */
const PRIVATE = 0o600;
const PUBLIC = 0o644;

export interface NewFile {
  readonly path: string;
  readonly content: string;
  readonly secret: boolean;
  /** A file whose owner and permission bits the new one gets: whoever could read that one can read this one. */
  readonly like?: string;
}

/**
 * Writes a file that must not exist yet, whole and on the disk before it appears under its name.
 * @throws {Error} in a sentence when the name is taken
 */
export async function createFile(file: NewFile): Promise<void> {
  const temporary = await writeTemporary(file);
  try {
    // A link fails where a rename would silently replace what somebody made in the meantime.
    await link(temporary, file.path);
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST')
      throw new Error(`${file.path} exists and is never overwritten`, { cause });
    throw cause;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(file.path));
}

/** Writes a file whole, in place of the one that may be there. */
export async function replaceFile(file: NewFile): Promise<void> {
  await rename(await writeTemporary(file), file.path);
  await syncFolder(dirname(file.path));
}

async function writeTemporary({ path, content, secret, like }: NewFile): Promise<string> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx', secret ? PRIVATE : PUBLIC);
  try {
    await handle.writeFile(content);
    if (like !== undefined && process.platform !== 'win32') {
      const { uid, gid, mode } = await stat(like);
      // Only root may give files away; anybody else makes files of his own.
      if (process.getuid?.() === 0) await handle.chown(uid, gid);
      await handle.chmod(mode & 0o777);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

/** A rename survives a power cut once its folder is on the disk. Windows neither needs nor allows it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
