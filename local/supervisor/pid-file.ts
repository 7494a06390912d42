import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, isNotFound } from '../state-file.ts';

/** `<state>/pids.json`: name of each part -> process id, while it runs. Written whole each time, so a reader never sees half. */
export class PidFile {
  readonly #path: string;
  readonly #pids = new Map<string, number>();

  constructor(stateDir: string) {
    this.#path = join(stateDir, 'pids.json');
  }

  set(name: string, pid: number | undefined): void {
    if (pid === undefined) this.#pids.delete(name);
    else this.#pids.set(name, pid);
    const temporary = `${this.#path}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(Object.fromEntries(this.#pids), null, 2)}\n`);
    renameSync(temporary, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }

  /** Ids of processes that an earlier stack left in the file and that still run. An id may since belong to another program. */
  leftOver(): number[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
    const pids = z.record(z.string(), z.int().positive()).safeParse(JSON.parse(text));
    return pids.success ? Object.values(pids.data).filter((pid) => pid !== process.pid && isAlive(pid)) : [];
  }
}

/** True while a process of that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
