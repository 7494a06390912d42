import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode, isNotFound } from '../state-file.ts';
import type { Switchboard } from './switchboard.ts';

const change = z.strictObject({
  fault: z.enum(['stop', 'kill', 'pause', 'resume', 'keep-away']),
  /** Its name in pids.json. */
  part: z.string().min(1),
});

const pidsFile = z.record(z.string(), z.int().positive());
/** How soon a part that is kept away is ended again after the supervisor started it. */
const LOOK_EVERY_MS = 50;

/**
 * Ends and holds the processes of a stack. The supervisor starts an ended one again; `keep-away` ends that one too, until `resume`
 * or a reset.
 */
export class ProcessSwitches implements Switchboard {
  readonly #file: string;
  /** Part → process that is held. */
  readonly #paused = new Map<string, number>();
  readonly #away = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(stateDir: string) {
    this.#file = join(stateDir, 'pids.json');
    this.#timer = setInterval(() => void this.#keepAway(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async view() {
    return { pids: await this.#pids(), paused: [...this.#paused.keys()], away: [...this.#away] };
  }

  async change(wanted: unknown): Promise<unknown> {
    const { fault, part } = change.parse(wanted);
    const pid = (await this.#pids())[part];
    if (fault === 'resume') this.#resume(part);
    else {
      if (pid === undefined) throw new SyntaxError(`no part "${part}" is running`);
      if (fault === 'keep-away') this.#away.add(part);
      if (fault === 'pause') this.#paused.set(part, pid);
      signal(pid, fault === 'pause' ? 'SIGSTOP' : fault === 'stop' ? 'SIGTERM' : 'SIGKILL');
    }
    return this.view();
  }

  reset(): void {
    this.#away.clear();
    for (const part of this.#paused.keys()) this.#resume(part);
  }

  /** Lets held processes go on, so that they can end with their stack. */
  stop(): void {
    clearInterval(this.#timer);
    this.reset();
  }

  #resume(part: string): void {
    const pid = this.#paused.get(part);
    if (pid !== undefined) signal(pid, 'SIGCONT');
    this.#paused.delete(part);
    this.#away.delete(part);
  }

  async #keepAway(): Promise<void> {
    if (this.#away.size === 0) return;
    const pids = await this.#pids();
    for (const part of this.#away) {
      const pid = pids[part];
      if (pid !== undefined) signal(pid, 'SIGKILL');
    }
  }

  async #pids(): Promise<Record<string, number>> {
    try {
      return pidsFile.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    } catch (error) {
      // The supervisor removes the file when the last part has ended.
      if (isNotFound(error)) return {};
      throw error;
    }
  }
}

/** A process that has ended meanwhile is as good as one that was told to. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
