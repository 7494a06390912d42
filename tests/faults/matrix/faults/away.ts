import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { databasePath } from '../../../support/faults-database.ts';
import { lockDatabase, moveDatabaseAway, unlockDatabase } from '../../../support/faults-sql-away.ts';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';

export const brokerAway: Fault = {
  name: 'broker-away',
  what: 'the broker is killed and refuses connections for 30 s',
  strike: ({ rig, durations }) => stayAway(rig, 'service-bus', durations.brokerAwayMs),
};

export const blobsAway: Fault = {
  name: 'blobs-away',
  what: 'the blob store is killed and refuses connections for 10 s, while outputs are on their way',
  strike: ({ rig, durations }) => stayAway(rig, 'azurite', durations.blobsAwayMs),
};

export const sqlAway: Fault = {
  name: 'sql-away',
  what: 'the database is locked by another process for 60 s, then gone for 60 s',
  async strike({ rig, durations }) {
    const path = databasePath(rig.stack);
    const holder = await lockDatabase(path);
    await delay(durations.sqlAwayMs / 2);
    await unlockDatabase(holder);
    const moveBack = await moveDatabaseAway(path, join(dirname(path), 'elsewhere'));
    await delay(durations.sqlAwayMs / 2);
    await moveBack();
  },
};

export const diskFull: Fault = {
  name: 'disk-full',
  what: 'the disk under the work folder of one workstation (journal and run folders) is full for 5 s',
  smallDisk: true,
  missing: () =>
    process.platform === 'linux' && process.getuid?.() === 0
      ? undefined
      : 'it needs a small file system of its own, which only root may mount on Linux',
  async strike({ rig, durations }) {
    const ballast = join(rig.workFolder, 'ballast');
    await fill(ballast);
    await delay(durations.diskFullMs);
    await rm(ballast);
  },
};

async function stayAway(rig: Rig, part: string, durationMs: number): Promise<void> {
  await rig.keepAway(part, true);
  await rig.stack.kill(part);
  await delay(durationMs);
  await rig.keepAway(part, false);
}

/** Writes until the system says that there is no space left. */
async function fill(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  for (const sizeBytes of [1 << 20, 1 << 12]) while (await hasSpaceFor(path, sizeBytes));
}

async function hasSpaceFor(path: string, sizeBytes: number): Promise<boolean> {
  try {
    await writeFile(path, Buffer.alloc(sizeBytes), { flag: 'a' });
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOSPC')
      return false;
    throw error;
  }
}
