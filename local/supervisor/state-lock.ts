import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a state folder for this process alone. The lock is SQLite's lock on a file in it, which the operating system drops when
 * the process ends, however that happens: nothing has to be cleaned up after a crash.
 * @returns a function that gives the folder back
 * @throws a sentence when another stack has the folder
 */
export function lockStateFolder(stateDir: string): () => void {
  const database = new DatabaseSync(join(stateDir, 'stack.lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Error(
      `another stack runs with the state folder ${stateDir}; stop it or set MCMS_STATE_DIR to another folder`,
      { cause },
    );
  }
  return () => {
    if (database.isOpen) database.close();
  };
}
