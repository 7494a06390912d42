import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type OrchestrationRig,
  announce,
  heartbeat,
  mustClaim,
  startRig,
} from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';
import { MINUTE_MS, crash, crashedOnce, loseAgent, pause, retryNow, succeed } from './walk.ts';

const HOUR_MS = 60 * MINUTE_MS;

describe('the limits of a run', () => {
  let rig: OrchestrationRig;
  afterEach(() => rig.dispose());
  const start = async (settings: Readonly<Record<string, string>>) => {
    rig = await startRig({ types: { GenerateNcProgram: settings } });
  };
  const commandOf = async (commandId: string) => (await rowsOf(rig, commandId)).command;

  it('ask the agent of a running one to stop once the whole command’s time is over', async () => {
    await start({ QueueLimit: 'PT1H', CommandLimit: 'PT1H' });
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.pass(HOUR_MS - 1);
    expect((await heartbeat(rig, job)).json).toMatchObject({ action: 'continue' });
    await rig.pass(1);
    expect((await heartbeat(rig, job)).json).toMatchObject({ action: 'cancel' });
    expect((await commandOf(commandId)).status).toBe('Running');
    await crash(rig, job);
    expect(await commandOf(commandId)).toMatchObject({
      status: 'Failed',
      errorCode: 'COMMAND_LIMIT',
      errorMessage: 'The command was not done within 60 minutes, retries included.',
      reprocessAt: null,
      cancelRequestedAt: null,
    });
  });

  it('give a result that succeeds after all its effect', async () => {
    await start({ QueueLimit: 'PT1H', CommandLimit: 'PT1H' });
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.pass(HOUR_MS);
    await succeed(rig, job);
    const { command, outputs } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Succeeded', errorCode: null });
    expect(outputs).toHaveLength(1);
  });

  it('take nothing more from an agent that was lost after it was asked to stop', async () => {
    await start({ QueueLimit: 'PT1H', CommandLimit: 'PT1H' });
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.pass(HOUR_MS);
    await loseAgent(rig);
    await succeed(rig, job);
    const { command, outputs, attempts } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Failed', errorCode: 'COMMAND_LIMIT' });
    expect(attempts.map(({ status }) => status)).toEqual(['Lost']);
    expect(outputs).toEqual([]);
  });

  it('of a command begin when it may begin, not when it was ordered', async () => {
    await start({ QueueLimit: 'PT1H', CommandLimit: 'PT1H' });
    const commandId = await rig.order({ notBefore: '2030-01-03T00:00:00Z' });
    await rig.pass(48 * HOUR_MS);
    await rig.pass(HOUR_MS - 1);
    expect((await commandOf(commandId)).status).toBe('Queued');
    await rig.pass(1);
    expect(await commandOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'COMMAND_LIMIT' });
  });

  it.each([
    ['the application', {}],
    ['its type', { commandType: 'GenerateNcProgram' }],
  ])('do not count the time in which %s was paused', async (_what, of) => {
    await start({ QueueLimit: 'PT1H' });
    const commandId = await rig.order();
    await rig.pass(20 * MINUTE_MS);
    await pause(rig, { ...of, resumeAfterMs: 5 * HOUR_MS });
    await rig.pass(40 * MINUTE_MS);
    await rig.pass(5 * HOUR_MS - 1);
    expect((await commandOf(commandId)).status).toBe('Queued');
    await rig.pass(1);
    expect(await commandOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'QUEUE_LIMIT' });
  });

  it('are not passed while every workstation that could take it is paused', async () => {
    await start({ QueueLimit: 'PT1H' });
    const commandId = await rig.order();
    await rig.pass(59 * MINUTE_MS);
    await announce(rig);
    const pausing = await rig.http('POST', 'pauses', {
      as: 'operator',
      json: { workstation: 'WS-1', reason: 'a new licence server' },
    });
    expect(pausing.status).toBe(201);
    await rig.pass(MINUTE_MS);
    expect((await commandOf(commandId)).status).toBe('Queued');
    await rig.http('DELETE', `pauses/${String(pausing.json['pauseId'])}`, { as: 'operator' });
    await rig.pass(MINUTE_MS);
    expect(await commandOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'QUEUE_LIMIT' });
  });

  it('count the time in which something else was paused', async () => {
    await start({ QueueLimit: 'PT1H' });
    const commandId = await rig.order();
    await pause(rig, { commandType: 'Simulate' });
    await rig.pass(HOUR_MS);
    expect(await commandOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'QUEUE_LIMIT' });
  });

  it('are looked at again when a pause ended early', async () => {
    await start({ QueueLimit: 'PT1H' });
    const commandId = await rig.order();
    await rig.pass(59 * MINUTE_MS);
    const resume = await pause(rig);
    await rig.pass(MINUTE_MS);
    await rig.pass(MINUTE_MS);
    await resume();
    for (let minute = 0; minute < 4; minute += 1) await rig.pass(MINUTE_MS);
    expect(await commandOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'QUEUE_LIMIT' });
  });

  it('end a backoff that reaches beyond the whole command’s', async () => {
    await start({ FirstDelay: 'PT2H', MaxDelay: 'PT2H', QueueLimit: 'PT1H', CommandLimit: 'PT1H' });
    const commandId = await crashedOnce(rig);
    expect((await commandOf(commandId)).status).toBe('Retrying');
    await rig.pass(HOUR_MS);
    const { command, attempts } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Failed', errorCode: 'COMMAND_LIMIT', nextAttemptAt: null });
    expect(attempts).toMatchObject([{ status: 'Failed', errorCode: 'ESPRIT_CRASHED' }]);
  });
});

describe('“retry now”', () => {
  let rig: OrchestrationRig;
  afterEach(() => rig.dispose());

  it('ends the backoff it was meant for and no other', async () => {
    rig = await startRig({ types: { GenerateNcProgram: { FirstDelay: 'PT10M', MaxDelay: 'PT10M' } } });
    const commandId = await crashedOnce(rig);
    await retryNow(rig, commandId, 3);
    expect(await rig.claim()).toBeUndefined();
    await retryNow(rig, commandId, 2);
    const second = await mustClaim(rig);
    expect(second).toMatchObject({ commandId, attempt: 2 });
    await retryNow(rig, commandId, 2);
    await crash(rig, second);
    // The one for attempt 3 came before its backoff began: whoever sent it wanted it so.
    expect(await mustClaim(rig)).toMatchObject({ attempt: 3 });
  });
});
