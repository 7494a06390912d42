import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../state-file.ts';
import { startControlServer } from './server.ts';
import type { Switchboard } from './switchboard.ts';

/** Where a part says that its switches are served, for `local/control`. */
export function partControlFile(stateDir: string, part: string): string {
  return join(stateDir, 'control', `${part}.json`);
}

/** Serves the switches of one part, when the stack runs with MCMS_FAULTS=1. The returned function ends it. */
export async function offerSwitches(
  part: string,
  stateDir: string,
  switches: Switchboard,
): Promise<() => Promise<void>> {
  const server = await startControlServer({ '': switches });
  const file = partControlFile(stateDir, part);
  await writeFileAtomic(file, JSON.stringify({ url: server.url }));
  return async () => {
    await rm(file, { force: true });
    await server.stop();
  };
}
