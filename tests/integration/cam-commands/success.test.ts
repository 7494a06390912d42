import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

describe('a run that succeeds', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const succeed = (job: Job, fileName = 'O0001.nc', text = 'G0 X0') =>
    rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, fileName, text)] });

  it('goes from the order to the output on the working draft, with one set of history', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    rig.harness.clock.advance(4000);
    await rig.report(job, {
      kind: 'succeeded',
      startedAt: '2030-01-01T09:00:01+09:00',
      endedAt: '2030-01-01T09:00:03.5+09:00',
      outputs: [rig.upload(job, 'O0001.nc', 'G0 X0')],
      logTail: ['posted'],
    });

    const { command, attempts, items, outputs, history } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({
      status: 'Succeeded',
      attempt: 1,
      workstation: 'WS-1',
      startedAt: '2030-01-01T00:00:01.000Z',
      completedAt: '2030-01-01T00:00:04.000Z',
      errorCode: null,
    });
    expect(attempts).toMatchObject([
      { attempt: 1, fence: 10001, status: 'Succeeded', endedAt: '2030-01-01T00:00:03.500Z' },
    ]);
    expect(items).toEqual([]);
    expect(outputs).toMatchObject([{ fileName: 'O0001.nc', camRev: 1, sizeBytes: 5 }]);
    expect(history).toEqual([
      'CommandRequested user',
      'CommandSucceeded workstation',
      'FileAdded workstation',
    ]);
    expect(rig.content.staged.size).toBe(0);
    expect(await rig.harness.client.getStatus(`${commandId}.r1`)).toMatchObject({
      runtimeStatus: 'Completed',
    });
  });

  it('takes effect once however often its result comes', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    const result = await succeed(job);
    const before = await rowsOf(rig, commandId);
    await rig.deliver('esprit-results', result);
    await rig.deliver('esprit-results', result);
    expect(await rowsOf(rig, commandId)).toEqual(before);
  });

  it('ignores a result of another attempt or fence and takes the true one after it', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await succeed({ ...job, attemptId: '0b9f2d6e-6a53-4a34-9d6a-5d8f4f1f6a01' });
    await rig.report({ ...job, fence: job.fence + 1 }, { kind: 'failed' });
    expect((await rowsOf(rig, commandId)).command.status).toBe('Dispatched');
    await succeed(job);
    expect((await rowsOf(rig, commandId)).command.status).toBe('Succeeded');
  });

  it('starts the next CAM revision when the one it ran on is no draft any more', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.database.transaction(async (trx) => {
      await trx.updateTable('Routing').set({ status: 'Released', releasedCamRev: 1 }).execute();
      await trx.updateTable('CamRevision').set({ status: 'Released' }).execute();
    });
    await succeed(job);

    const { command, outputs, history } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Succeeded', camRev: 1 });
    expect(outputs).toMatchObject([{ camRev: 2 }]);
    expect(history.slice(1)).toEqual([
      'CamRevisionStarted workstation',
      'CommandSucceeded workstation',
      'FileAdded workstation',
    ]);
    const revisions = await rig.database.read
      .selectFrom('CamRevision')
      .select(['camRev', 'status'])
      .execute();
    expect(revisions).toEqual([
      { camRev: 1, status: 'Released' },
      { camRev: 2, status: 'Draft' },
    ]);
  });

  it('replaces the file of the same name that an earlier command made, and keeps what that one made', async () => {
    const first = await rig.order();
    await succeed(await mustClaim(rig), 'O0001.nc', 'G0 X0');
    const second = await rig.order();
    await succeed(await mustClaim(rig), 'O0001.nc', 'G0 X1');

    expect((await rowsOf(rig, second)).history).toContain('FileReplaced workstation');
    const files = await rig.database.read
      .selectFrom('RoutingFile')
      .select(['fileName', 'commandId'])
      .execute();
    expect(files).toEqual([{ fileName: 'O0001.nc', commandId: second }]);
    expect((await rowsOf(rig, first)).outputs).toHaveLength(1);
  });

  it('changes nothing of the routing when it made no file', async () => {
    const routing = () => rig.database.read.selectFrom('Routing').selectAll().execute();
    const before = await routing();
    const commandId = await rig.order({ commandType: 'Simulate' });
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    const { command, history } = await rowsOf(rig, commandId);
    expect(command.status).toBe('Succeeded');
    expect(history).toEqual(['CommandRequested user', 'CommandSucceeded workstation']);
    expect(await routing()).toEqual(before);
  });

  it.each([
    [
      'were never uploaded',
      (job: Job) => [{ ...rig.upload(job, 'a.nc', 'x'), sha256: 'a'.repeat(64) }],
      /nothing/,
    ],
    [
      'have the same name',
      (job: Job) => [rig.upload(job, 'a.nc', 'x'), rig.upload(job, 'A.NC', 'y')],
      /A\.NC: two outputs/,
    ],
  ])('is tried again when its outputs %s', async (_what, outputs, message) => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.report(job, { kind: 'succeeded', outputs: outputs(job) });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Retrying',
      errorCode: 'OUTPUT_CORRUPT',
      errorMessage: expect.stringMatching(message) as unknown,
    });
    await rig.pass(2000);
    await succeed(await mustClaim(rig));
    const { command, attempts, outputs: files } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Succeeded', errorCode: null, attempt: 2 });
    expect(attempts.map((attempt) => attempt.status)).toEqual(['Failed', 'Succeeded']);
    expect(files).toHaveLength(1);
  });
});
