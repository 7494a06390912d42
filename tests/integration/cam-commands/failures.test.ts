import { afterEach, describe, expect, it } from '@jest/globals';
import type { CommandError, Job } from '../../../shared/cam-commands/contracts.ts';
import {
  type OrchestrationRig,
  type RigOptions,
  heartbeat,
  mustClaim,
  startRig,
} from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

const CRASHED: CommandError = { code: 'ESPRIT_CRASHED', message: 'ESPRIT ended with 3', retryable: true };
const MINUTE_MS = 60_000;

describe('a run that does not succeed', () => {
  let rig: OrchestrationRig;
  afterEach(() => rig.dispose());
  const start = async (options?: RigOptions): Promise<string> => {
    rig = await startRig(options);
    return rig.order();
  };
  const crash = (job: Job) => rig.report(job, { kind: 'failed', error: CRASHED });
  const statuses = async (commandId: string) =>
    (await rowsOf(rig, commandId)).attempts.map((attempt) => attempt.status);
  /** The watchdog has watched long enough, and the agent has not been heard of for a whole lease. */
  const loseAgent = async () => {
    for (let round = 0; round < 7; round += 1) {
      rig.harness.clock.advance(5000);
      await rig.tick('attempt-watchdog');
    }
  };

  it('is tried again after its backoff and may succeed then', async () => {
    const commandId = await start();
    await crash(await mustClaim(rig));
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Retrying',
      errorCode: 'ESPRIT_CRASHED',
      completedAt: null,
    });
    await rig.pass(799);
    expect(await rig.claim()).toBeUndefined();
    await rig.pass(201);
    const second = await mustClaim(rig);
    expect(second).toMatchObject({ attempt: 2, fence: 10002 });
    await rig.report(second, { kind: 'succeeded' });

    const { command, history } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Succeeded', attempt: 2, maxAttempts: 4, errorCode: null });
    expect(await statuses(commandId)).toEqual(['Failed', 'Succeeded']);
    expect(history).toEqual([
      'CommandRequested user',
      'CommandRetrying workstation',
      'CommandSucceeded workstation',
    ]);
  });

  it('fails with its reason after four attempts', async () => {
    const commandId = await start();
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await crash(await mustClaim(rig));
      await rig.pass(10_000);
    }
    const { command, history, items } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({
      status: 'Failed',
      attempt: 4,
      errorCode: 'ESPRIT_CRASHED',
      errorMessage: 'ESPRIT ended with 3',
      completedAt: '2030-01-01T00:00:30.000Z',
    });
    expect(await statuses(commandId)).toEqual(['Failed', 'Failed', 'Failed', 'Failed']);
    expect(history.slice(1)).toEqual([
      ...Array.from({ length: 3 }, () => 'CommandRetrying workstation'),
      'CommandFailed workstation',
    ]);
    expect(items).toEqual([]);
    expect(await rig.claim()).toBeUndefined();
  });

  it('fails at once for a reason that another attempt would meet again', async () => {
    const commandId = await start();
    const error = { code: 'BAD_INPUT', message: 'no such tool', retryable: false };
    await rig.report(await mustClaim(rig), { kind: 'failed', error });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Failed',
      errorCode: 'BAD_INPUT',
    });
  });

  it('is tried again when its workstation is not heard of any more; losses count apart from failures', async () => {
    const commandId = await start({ types: { GenerateNcProgram: { MaxAttempts: '1' } } });
    await mustClaim(rig);
    await loseAgent();
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Retrying',
      errorCode: 'AGENT_LOST',
      maxAttempts: 2,
    });
    await rig.pass(1000);
    await rig.report(await mustClaim(rig), { kind: 'lost' });
    await rig.pass(2000);
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({ status: 'Succeeded', attempt: 3 });
    expect(await statuses(commandId)).toEqual(['Lost', 'Lost', 'Succeeded']);
  });

  it('keeps what an agent says of an attempt it lost, which counts as lost whatever it says', async () => {
    const commandId = await start({ types: { GenerateNcProgram: { MaxAttempts: '1', MaxLost: '1' } } });
    const error = { code: 'AGENT_STOPPED', message: 'the agent was stopped', retryable: false };
    await rig.report(await mustClaim(rig), { kind: 'lost', error });
    const { command, attempts } = await rowsOf(rig, commandId);
    const kept = { errorCode: 'AGENT_STOPPED', errorMessage: 'the agent was stopped' };
    expect(command).toMatchObject({ status: 'Retrying', maxAttempts: 2, ...kept });
    expect(attempts).toMatchObject([{ status: 'Lost', ...kept }]);
    await rig.pass(1000);
    await rig.report(await mustClaim(rig), { kind: 'lost', error: { ...error, code: 'RUNNER_LOST' } });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Failed',
      errorCode: 'RUNNER_LOST',
    });
    expect(await statuses(commandId)).toEqual(['Lost', 'Lost']);
  });

  it('takes nothing more from an agent whose attempt was declared lost', async () => {
    const commandId = await start();
    const job = await mustClaim(rig);
    await loseAgent();
    expect(await heartbeat(rig, job)).toMatchObject({ status: 409, json: { code: 'lease-lost' } });
    await rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'late.nc', 'late')] });
    await rig.pass(1000);
    const { command, outputs } = await rowsOf(rig, commandId);
    expect(command.status).toBe('Queued');
    expect(outputs).toEqual([]);
  });

  it('keeps its attempt while heartbeats come', async () => {
    const commandId = await start();
    const job = await mustClaim(rig);
    for (let round = 0; round < 24; round += 1) {
      rig.harness.clock.advance(5000);
      expect(await heartbeat(rig, job)).toMatchObject({ status: 200 });
      await rig.tick('attempt-watchdog');
    }
    const { command, attempts } = await rowsOf(rig, commandId);
    expect(command.status).toBe('Running');
    expect(attempts).toMatchObject([{ status: 'Running', phase: 'posting', percent: 50 }]);
  });

  it('loses its lease when it takes far longer than its limit, however alive its agent is', async () => {
    await start({ types: { GenerateNcProgram: { AttemptLimit: 'PT1M' } } });
    const job = await mustClaim(rig);
    rig.harness.clock.advance(61 * MINUTE_MS);
    expect(await heartbeat(rig, job)).toMatchObject({ status: 200 });
    rig.harness.clock.advance(1000);
    expect(await heartbeat(rig, job)).toMatchObject({ status: 409 });
  });

  it('fails when no workstation takes it in time', async () => {
    const commandId = await start({ types: { GenerateNcProgram: { QueueLimit: 'PT10M' } } });
    await rig.pass(10 * MINUTE_MS);
    const { command, history, attempts, items } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({
      status: 'Failed',
      errorCode: 'QUEUE_LIMIT',
      errorMessage: 'No workstation took the command within 10 minutes.',
    });
    expect(attempts).toMatchObject([{ status: 'Failed', workstation: null }]);
    expect(items).toEqual([]);
    expect(history).toEqual(['CommandRequested user', 'CommandFailed service']);
  });

  it('may go on after the waiting time when a workstation has taken it', async () => {
    const commandId = await start({ types: { GenerateNcProgram: { QueueLimit: 'PT10M' } } });
    rig.harness.clock.advance(10 * MINUTE_MS - 1);
    const job = await mustClaim(rig);
    await rig.pass(1);
    await rig.report(job, { kind: 'succeeded' });
    expect((await rowsOf(rig, commandId)).command.status).toBe('Succeeded');
  });

  it('keeps its waiting time when a stranger’s result comes in between', async () => {
    const commandId = await start({ types: { GenerateNcProgram: { QueueLimit: 'PT10M' } } });
    const { attempts } = await rowsOf(rig, commandId);
    const [attempt] = attempts;
    if (!attempt) throw new Error('no attempt');
    await rig.report({ ...attempt, fence: 1 } as unknown as Job, { kind: 'failed' });
    await rig.pass(10 * MINUTE_MS);
    expect((await rowsOf(rig, commandId)).command.errorCode).toBe('QUEUE_LIMIT');
  });

  it('waits until the instant it was ordered for', async () => {
    rig = await startRig();
    const commandId = await rig.order({ notBefore: '2030-01-01T01:00:00Z' });
    await rig.pass(60 * MINUTE_MS - 1);
    expect(await rig.claim()).toBeUndefined();
    expect((await rowsOf(rig, commandId)).attempts).toEqual([]);
    await rig.pass(1);
    expect(await rig.claim()).toMatchObject({ commandId });
  });

  it('fails as INTERNAL when a step of MCMS itself is defect', async () => {
    const commandId = await start();
    rig.onCall = (name) => {
      if (name === 'completeCommand') throw new Error('a defect');
    };
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    await rig.pass(500);
    await rig.pass(1000);
    const { command, attempts, items } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Failed', errorCode: 'INTERNAL' });
    expect(command.errorMessage).not.toContain('defect');
    expect(attempts).toMatchObject([{ status: 'Failed' }]);
    expect(items).toEqual([]);
  });

  it('survives a step whose process died under it', async () => {
    const commandId = await start();
    let deaths = 2;
    rig.onCall = (name) => {
      if (name === 'completeCommand' && deaths-- > 0) throw new Error('Node exited with code 137');
    };
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    await rig.pass(500);
    await rig.pass(1000);
    expect((await rowsOf(rig, commandId)).command.status).toBe('Succeeded');
  });

  it('fails when its orchestration was terminated and its agent is lost', async () => {
    const commandId = await start();
    const job = await mustClaim(rig);
    await rig.harness.client.terminate(`${commandId}.r1`, 'by hand');
    await rig.report(job, { kind: 'succeeded' });
    await loseAgent();
    expect((await rowsOf(rig, commandId)).command).toMatchObject({ status: 'Failed', errorCode: 'INTERNAL' });
    expect((await rowsOf(rig, commandId)).items).toEqual([]);
  });
});
