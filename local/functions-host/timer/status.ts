import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNotFound, writeFileAtomic } from '../../state-file.ts';

/** What the schedule monitor remembers of a timer over restarts; ISO 8601. Named as on Azure. */
export interface ScheduleStatus {
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
}

/** Keeps the status of one timer function. */
export interface StatusStore {
  read(): Promise<ScheduleStatus | undefined>;
  write(status: ScheduleStatus): Promise<void>;
}

/** A JSON file `<stateDir>/timers/<function>.json`; Azure keeps the same object as a blob. */
export function fileStatusStore(stateDir: string, functionName: string): StatusStore {
  const path = join(stateDir, 'timers', `${functionName}.json`);
  return {
    async read() {
      try {
        return JSON.parse(await readFile(path, 'utf8')) as ScheduleStatus;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    write: (status) => writeFileAtomic(path, JSON.stringify(status)),
  };
}
