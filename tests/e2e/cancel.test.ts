import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, until, type TestStack } from '../support/stack.ts';
import { isRunning, ledgerPath, readLedger, type LedgerEntry } from '../support/faults-ledger.ts';
import {
  changesOf,
  clientOf,
  newRouting,
  order,
  untilFinal,
  untilStatus,
  type Client,
  type Command,
  type Routing,
} from './client.ts';

const SEATS = 4;
const reason = 'wrong revision';

let stack: TestStack;
let engineer: Client;
let routing: Routing;
beforeAll(async () => {
  stack = await startStack({
    cmdhosts: 1,
    env: {
      CamCommands__GenerateNcProgram__Heartbeat: 'PT0.5S',
      CamCommands__GenerateNcProgram__Lease: 'PT10S',
      CamCommands__GenerateNcProgram__FirstDelay: 'PT10M',
      CamCommands__GenerateNcProgram__MaxDelay: 'PT10M',
    },
  });
  engineer = await clientOf(stack);
  routing = await newRouting(engineer);
}, 60_000);
afterAll(() => stack?.stop());

function cancel(commandId: string, client = engineer) {
  return client.call('POST', `/commands/${commandId}/cancel`, { json: { reason } });
}

async function runsOf({ commandId }: Command): Promise<LedgerEntry[]> {
  const ledger = await readLedger(ledgerPath(stack.stateDir));
  return ledger.filter((entry) => entry.commandId === commandId && entry.event === 'start');
}

/** The run of a command that was ordered, once its process is there. */
async function startedRun(command: Command): Promise<LedgerEntry> {
  let run: LedgerEntry | undefined;
  await until(
    async () => {
      run = (await runsOf(command))[0];
      return run !== undefined;
    },
    `the simulator to start ${command.commandId}`,
    15_000,
  );
  if (!run) throw new Error('the ledger holds no run');
  return run;
}

async function cancelAndFollow(command: Command): Promise<Command> {
  const answer = await cancel(command.commandId);
  expect(answer.status).toBe(202);
  return untilFinal(engineer, command.commandId);
}

describe('a command is cancelled', () => {
  it('while it runs: its ESPRIT is ended and it leaves no file', async () => {
    const command = await order(engineer, routing.routingId, { fault: 'hang' });
    const run = await startedRun(command);
    expect(await isRunning(run)).toBe(true);

    const ended = await cancelAndFollow(command);

    expect(ended).toMatchObject({ status: 'Cancelled', attempt: 1, files: [] });
    await until(async () => !(await isRunning(run)), `process ${run.pid} of the adapter to end`, 5_000);
  });

  it('while it waits for a seat: it never starts', async () => {
    const others = await Promise.all(
      Array.from({ length: SEATS }, () => order(engineer, routing.routingId, { fault: 'hang' })),
    );
    await Promise.all(others.map(startedRun));
    const command = await order(engineer, routing.routingId);

    const ended = await cancelAndFollow(command);

    expect(ended).toMatchObject({ status: 'Cancelled', files: [] });
    await Promise.all(others.map(cancelAndFollow));
    expect(await runsOf(command)).toEqual([]);
  });

  it('while it waits for its next attempt: there is none', async () => {
    const command = await order(engineer, routing.routingId, { fault: 'crash' });
    await untilStatus(engineer, command.commandId, ['Retrying']);

    const ended = await cancelAndFollow(command);

    expect(ended).toMatchObject({ status: 'Cancelled', attempt: 1 });
    expect(await runsOf(command)).toHaveLength(1);
  });

  it('with its reason in the history, once', async () => {
    const own = await newRouting(engineer);
    const command = await order(engineer, own.routingId, { fault: 'hang' });
    await cancelAndFollow(command);
    const changes = await changesOf(engineer, own.routingId);
    expect(changes.slice(0, 3)).toEqual(['CommandCancelled', 'CommandCancelRequested', 'CommandRequested']);
    const { value } = await engineer.get<{ value: { comment: string | null; changedBy: string }[] }>(
      `/history?routingId=${own.routingId}&changeType=CommandCancelled`,
    );
    expect(value).toEqual([expect.objectContaining({ comment: reason, changedBy: 'engineer@mcms.local' })]);
  });

  it('not by another engineer, and not after its end', async () => {
    const command = await order(engineer, routing.routingId);
    const colleague = await clientOf(stack, ['Mcms.Engineer'], 'colleague@mcms.local');
    expect((await cancel(command.commandId, colleague)).status).toBe(403);
    expect((await untilFinal(engineer, command.commandId)).status).toBe('Succeeded');
    expect((await cancel(command.commandId)).status).toBe(409);
  });
});
