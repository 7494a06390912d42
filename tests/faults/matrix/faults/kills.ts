import { readFile, readdir } from 'node:fs/promises';
import {
  isRunnerLine,
  isRunning,
  ledgerPath,
  parentOf,
  readLedger,
  unfinishedRuns,
} from '../../../support/faults-ledger.ts';
import { until } from '../../../support/stack.ts';
import type { Rig } from '../rig.ts';
import type { Fault } from './fault.ts';

/** How long ESPRIT may take to be running, when a strike needs it to. */
const ESPRIT_WAIT_MS = 10_000;

export const killHost: Fault = {
  name: 'kill-host',
  what: '`kill -9` of the Functions host',
  strike: ({ rig }) => kill(rig, ['functions-host']),
};

export const killBroker: Fault = {
  name: 'kill-broker',
  what: '`kill -9` of the broker',
  strike: ({ rig }) => kill(rig, ['service-bus']),
};

export const killAgent: Fault = {
  name: 'kill-agent',
  what: '`kill -9` of both agents',
  strike: ({ rig }) => kill(rig, rig.agents),
};

export const killRunner: Fault = {
  name: 'kill-runner',
  what: '`kill -9` of every runner (the process that starts the CAM programs for an agent)',
  strike: async ({ rig }) => {
    const found = await runners(rig);
    if (found.length === 0) throw new Error('no process of the stack is a runner');
    for (const pid of found) killNow(pid);
  },
};

export const killEsprit: Fault = {
  name: 'kill-esprit',
  what: '`kill -9` of every ESPRIT (simulator) that runs',
  async strike({ rig }) {
    let killed = 0;
    await until(
      async () => {
        for (const { pid } of await runningEsprits(rig)) if (killNow(pid)) killed += 1;
        return killed > 0;
      },
      'an ESPRIT to kill',
      ESPRIT_WAIT_MS,
    );
  },
};

/** Adapters that run now, by the ledger and the system. */
export async function runningEsprits(
  rig: Rig,
): Promise<{ readonly pid: number; readonly commandId: string }[]> {
  const runs = unfinishedRuns(await readLedger(ledgerPath(rig.stack.stateDir)));
  const alive = await Promise.all(runs.map(isRunning));
  return runs.filter((_, index) => alive[index]);
}

/** False when it ended by itself in this moment. */
export function killNow(pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Kills parts of the stack and waits until their supervisor has started others in their place. */
async function kill(rig: Rig, parts: readonly string[]): Promise<void> {
  const before = await rig.stack.pids();
  await Promise.all(parts.map((part) => rig.stack.kill(part)));
  await Promise.all(parts.map((part) => rig.stack.untilRunning(part, before[part])));
}

/** The runners are children of the stack's agents. */
async function runners(rig: Rig): Promise<number[]> {
  const pids = await rig.stack.pids();
  const agents = new Set(rig.agents.map((agent) => pids[agent]));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    processes.map(async (pid) => {
      if (!agents.has(await parentOf(pid))) return false;
      return isRunnerLine(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    }),
  );
  return processes.filter((_, index) => found[index]);
}
