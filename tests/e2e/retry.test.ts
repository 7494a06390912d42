import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, type TestStack } from '../support/stack.ts';
import { isRunning, ledgerPath, readLedger, unfinishedRuns } from '../support/faults-ledger.ts';
import {
  changesOf,
  clientOf,
  newRouting,
  order,
  untilFinal,
  type Client,
  type Simulation,
} from './client.ts';

let stack: TestStack;
let engineer: Client;
beforeAll(async () => {
  stack = await startStack({
    cmdhosts: 1,
    env: {
      CamCommands__GenerateNcProgram__FirstDelay: 'PT0.2S',
      CamCommands__GenerateNcProgram__AttemptLimit: 'PT5S',
    },
  });
  engineer = await clientOf(stack);
}, 60_000);
afterAll(() => stack?.stop());

/** The command at its end, and its routing's history without what was there before the order. */
async function run(simulation: Simulation) {
  const routing = await newRouting(engineer);
  const { commandId } = await order(engineer, routing.routingId, simulation);
  const command = await untilFinal(engineer, commandId);
  const changes = (await changesOf(engineer, routing.routingId)).filter((type) => type.startsWith('Command'));
  return { command, changes: changes.toReversed() };
}

describe.each([
  ['a busy licence', 'licence-busy', 'ESPRIT_LICENCE_BUSY'],
  ['a crash', 'crash', 'ESPRIT_CRASHED'],
  ['a hang, ended by the limit of an attempt', 'hang', 'TIMED_OUT'],
] as const)('%s', (_title, fault, code) => {
  it('in the first attempt is followed by a second one, which succeeds', async () => {
    const { command, changes } = await run({ fault, faultAttempts: [1] });
    expect(command).toMatchObject({ status: 'Succeeded', attempt: 2, maxAttempts: 4, error: null });
    expect(command.attempts.map(({ status, error }) => [status, error?.code])).toEqual([
      ['Failed', code],
      ['Succeeded', undefined],
    ]);
    expect(command.files.map(({ role }) => role).toSorted()).toEqual(['nc-program', 'setup-sheet']);
    expect(changes).toEqual(['CommandRequested', 'CommandRetrying', 'CommandSucceeded']);
    const left = await Promise.all(
      unfinishedRuns(await readLedger(ledgerPath(stack.stateDir))).map(isRunning),
    );
    expect(left).not.toContain(true);
  });
});

describe('the end of all attempts', () => {
  it('comes at once for an input that ESPRIT cannot read', async () => {
    const { command, changes } = await run({ fault: 'bad-input', faultAttempts: [1, 2, 3, 4] });
    expect(command).toMatchObject({
      status: 'Failed',
      attempt: 1,
      error: { code: 'INPUT_INVALID' },
      files: [],
    });
    expect(changes).toEqual(['CommandRequested', 'CommandFailed']);
  });

  it('comes after the fourth of a fault that passes', async () => {
    const { command, changes } = await run({ fault: 'crash', faultAttempts: [1, 2, 3, 4, 5] });
    expect(command).toMatchObject({
      status: 'Failed',
      attempt: 4,
      error: { code: 'ESPRIT_CRASHED' },
      files: [],
    });
    expect(command.attempts.map(({ status }) => status)).toEqual(['Failed', 'Failed', 'Failed', 'Failed']);
    expect(changes).toEqual([
      'CommandRequested',
      'CommandRetrying',
      'CommandRetrying',
      'CommandRetrying',
      'CommandFailed',
    ]);
    const starts = (await readLedger(ledgerPath(stack.stateDir))).filter(
      ({ event, commandId }) => event === 'start' && commandId === command.commandId,
    );
    expect(new Set(starts.map(({ attemptId }) => attemptId)).size).toBe(4);
    expect(starts).toHaveLength(4);
  });
});
