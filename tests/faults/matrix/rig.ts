import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clientOf, type Client } from '../../e2e/client.ts';
import { databasePath } from '../../support/faults-database.ts';
import { openProducer, type Producer } from '../../support/faults-producer.ts';
import { queuesWithShortLocks } from '../../support/faults-queues.ts';
import { startStack, type TestStack } from '../../support/stack.ts';
import { tablesOfFile, type ReadTable } from '../../support/tables.ts';
import type { Sabotage } from './sabotage/index.ts';

const run = promisify(execFile);

export const AGENTS = 2;
const SEATS = 2;
/** Of the disk under the first workstation's work folder, when it is to be filled. */
const SMALL_DISK = '16m';
const SMALL_DISK_OWNER = 'cmdhost-1';

/** Short times, so that a round is over in seconds. */
export const LOCK_MS = 5_000;
const ATTEMPT_LIMIT = 'PT8S';
const START_TRIES = 3;
/** A matrix lasts for hours, on a machine that may have other work. */
const READY_TIMEOUT_MS = 150_000;

/** A stack with its clients, on which rounds are played. */
export interface Rig extends AsyncDisposable {
  readonly stack: TestStack;
  readonly readTable: ReadTable;
  readonly engineer: Client;
  readonly operator: Client;
  readonly producer: Producer;
  /** Names of the agents' parts. */
  readonly agents: readonly string[];
  /** Has phases that last milliseconds last a second, or not. */
  slow(on: boolean): Promise<void>;
  /** Keeps a server from listening after its next start, or lets it. */
  keepAway(part: string, away: boolean): Promise<void>;
  /** Sets the wall clock of a part, milliseconds from the real time, when it is asked by SIGUSR2 or starts. */
  setClock(part: string, offsetMs: number): Promise<void>;
  /** The work folder of the first workstation, which lies on a disk of its own if the rig was asked for it. */
  readonly workFolder: string;
}

export interface RigOptions {
  readonly sabotage?: Sabotage | undefined;
  /** The first workstation has a small disk of its own: needs to be root, for a mount. */
  readonly smallDisk?: boolean | undefined;
}

export async function startRig({ sabotage, smallDisk = false }: RigOptions): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-matrix-'));
  const stateDir = join(folder, 'state');
  const [away, clock, slowFlag] = [join(folder, 'away'), join(folder, 'clock'), join(folder, 'slow')];
  const workFolder = join(stateDir, SMALL_DISK_OWNER, 'work');
  for (const path of [away, clock, workFolder]) await mkdir(path, { recursive: true });
  if (smallDisk) await mountSmallDisk(workFolder);
  const cleanUp = async (): Promise<void> => {
    if (smallDisk) await run('umount', ['--lazy', workFolder]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const queuesFile = await queuesWithShortLocks(folder);
  const start = () =>
    startStack({
      entry: 'tests/faults/matrix/stack-main.ts',
      cmdhosts: AGENTS,
      stateDir,
      readyTimeoutMs: READY_TIMEOUT_MS,
      env: {
        MCMS_QUEUES_FILE: queuesFile,
        MCMS_FAULT_AWAY: away,
        MCMS_FAULT_CLOCK: clock,
        MCMS_FAULT_SLOW: slowFlag,
        MCMS_FAULT_SEATS: String(SEATS),
        ...(sabotage ? { MCMS_FAULT_SABOTAGE: sabotage.preload } : {}),
        CamCommands__GenerateNcProgram__FirstDelay: 'PT1S',
        CamCommands__GenerateNcProgram__MaxDelay: 'PT2S',
        CamCommands__GenerateNcProgram__Heartbeat: 'PT1S',
        CamCommands__GenerateNcProgram__Lease: 'PT5S',
        CamCommands__GenerateNcProgram__AttemptLimit: ATTEMPT_LIMIT,
        // A run that starts by itself ten minutes later would fall into another round.
        CamCommands__GenerateNcProgram__Reprocess: '0',
      },
    });
  let stack: TestStack;
  try {
    stack = await onFreePorts(start);
  } catch (error) {
    await cleanUp();
    throw error;
  }
  const producer = openProducer(stack.serviceBusConnection);
  return {
    stack,
    readTable: tablesOfFile(databasePath(stack)),
    engineer: await clientOf(stack),
    operator: await clientOf(stack, ['Mcms.Operator']),
    producer,
    agents: Array.from({ length: AGENTS }, (_, index) => `cmdhost-${index + 1}`),
    slow: (on) => flag(slowFlag, on),
    keepAway: (part, on) => flag(join(away, part), on),
    setClock: (part, offsetMs) => writeFile(join(clock, part), String(offsetMs)),
    workFolder,
    async [Symbol.asyncDispose]() {
      await producer[Symbol.asyncDispose]();
      await stack.stop();
      await cleanUp();
    },
  };
}

/** A port that was free may be taken by another program before the part that is meant to have it listens. */
async function onFreePorts(start: () => Promise<TestStack>): Promise<TestStack> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === START_TRIES || !String(error).includes('is taken by another program')) throw error;
    }
  }
}

async function flag(path: string, on: boolean): Promise<void> {
  await (on ? writeFile(path, '') : rm(path, { force: true }));
}

async function mountSmallDisk(path: string): Promise<void> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK}`, 'tmpfs', path]);
  } catch (cause) {
    throw new Error('a full disk needs a small file system of its own, which only root may mount on Linux', {
      cause,
    });
  }
}
