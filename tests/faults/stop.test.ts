import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStackFile } from '../../cli/stack-file.ts';
import { requestToken } from '../../cli/token-request.ts';
import { clientOf, clientWith, newRouting, order, type Client } from '../e2e/client.ts';
import { isRunning, ledgerPath, readLedger, type LedgerEntry } from '../support/faults-ledger.ts';
import { processesNaming } from '../support/faults-processes.ts';
import { startStack, until } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const PARTS = ['azurite', 'capture', 'cmdhost-1', 'functions-host', 'identity', 'service-bus', 'supervisor'];
/** A run that is stopped gets no longer than this. */
const END_LIMIT_MS = 20_000;

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'mcms-stop-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

/** The adapter of an order that ESPRIT never ends. */
async function hangingRun(engineer: Client): Promise<LedgerEntry> {
  const { routingId } = await newRouting(engineer);
  await order(engineer, routingId, { fault: 'hang' });
  let run: LedgerEntry | undefined;
  await until(
    async () => {
      run = (await readLedger(ledgerPath(stateDir)))[0];
      return run !== undefined;
    },
    'the simulator to start',
    60_000,
  );
  if (!run || !(await isRunning(run))) throw new Error('the simulator does not run');
  return run;
}

async function expectNothingLeft(run: LedgerEntry): Promise<void> {
  let left: number[] = [];
  await until(
    async () => {
      left = await processesNaming(stateDir);
      return left.length === 0;
    },
    () => `all processes of the stack to end; there are still ${left.join(', ')}`,
    END_LIMIT_MS,
  );
  expect(await isRunning(run)).toBe(false);
}

describe('in the middle of a run, the whole stack with its ESPRIT ends', () => {
  it.each([
    ['SIGTERM to the supervisor', 'SIGTERM', 0],
    ['kill -9 of only the supervisor', 'SIGKILL', null],
  ] as const)(
    'by %s',
    async (_title, signal, exitCode) => {
      const stack = await startStack({ cmdhosts: 1, stateDir });
      expect(Object.keys(await stack.pids()).toSorted()).toEqual(PARTS);
      const run = await hangingRun(await clientOf(stack));
      expect(await processesNaming(stateDir)).toEqual(
        expect.arrayContaining([run.pid, ...Object.values(await stack.pids())]),
      );
      expect(await stack.end(signal)).toBe(exitCode);
      await expectNothingLeft(run);
    },
    180_000,
  );

  it('by Ctrl-C on npm start', async () => {
    const npm = npmStart();
    try {
      await until(answers, 'npm start to bring the stack up', 45_000);
      const known = await readStackFile(stateDir);
      const engineer = { roles: ['Mcms.Engineer'], name: 'engineer@mcms.local', minutes: 5 } as const;
      const token = await requestToken(known, engineer);
      const run = await hangingRun(clientWith(`${known.apiUrl}/api`, `Bearer ${token}`));
      const exited = once(npm, 'exit');
      if (npm.pid !== undefined) process.kill(-npm.pid, 'SIGINT');
      await exited;
      await expectNothingLeft(run);
    } finally {
      npm.kill('SIGKILL');
    }
  }, 240_000);
});

/** In a process group of its own, as in a terminal: Ctrl-C goes to the group. */
function npmStart(): ChildProcess {
  return spawn('npm', ['start'], {
    cwd: ROOT,
    detached: true,
    stdio: 'ignore',
    env: {
      ...process.env,
      MCMS_STATE_DIR: stateDir,
      MCMS_PORT: '0',
      MCMS_BLOB_PORT: '0',
      MCMS_AMQP_PORT: '0',
      MCMS_IDENTITY_PORT: '0',
      MCMS_CMDHOSTS: '1',
      MCMS_SEED: 'none',
    },
  });
}

async function answers(): Promise<boolean> {
  try {
    const { apiUrl } = await readStackFile(stateDir);
    return (await fetch(`${apiUrl}/api/health/ready`)).ok;
  } catch {
    // Not known yet, or nobody listens yet.
    return false;
  }
}
