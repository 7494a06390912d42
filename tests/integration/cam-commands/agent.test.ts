import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { rememberContent } from '../../../shared/files/index.ts';
import {
  type OrchestrationRig,
  WORKSTATION,
  announce,
  heartbeat,
  mustClaim,
  startRig,
} from '../../support/orchestration.ts';
import { sha256Of } from '../../support/orchestration-parts.ts';
import { rowsOf } from './rows.ts';

const MODEL = sha256Of('model');
const UNKNOWN_ID = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';

describe('the agent’s calls', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const claim = (given: Record<string, unknown> = {}, as: 'cmdhost' | 'cmdhost-2' = 'cmdhost') =>
    rig.http('POST', 'agent/claim', {
      as,
      json: {
        schemaVersion: 1,
        workstation: WORKSTATION,
        claimId: randomUUID(),
        applications: ['esprit'],
        ...given,
      },
    });
  const outputs = (job: Job, given: { as?: 'cmdhost-2'; fence?: number } = {}) =>
    rig.http('POST', `agent/attempts/${job.attemptId}/outputs`, {
      as: given.as ?? 'cmdhost',
      json: {
        schemaVersion: 1,
        fence: given.fence ?? job.fence,
        files: [{ ...rig.upload(job, 'O1.nc', 'G0'), role: 'nc-program' }],
      },
    });
  /** Gives the routing's CAM revision a verified file. */
  const attach = (file: { fileName: string; role: string; commandId: string | null }) =>
    rig.database.transaction(async (trx) => {
      const at = '2030-01-01T00:00:00.000Z';
      const bytes = { sha256: MODEL, sizeBytes: 5 };
      await rememberContent(trx, bytes, at);
      const facts = { fileId: randomUUID(), routingId: rig.routingId, camRev: 1, contentType: 'model/stl' };
      const made = { uploadedAt: at, uploadedBy: 'engineer' };
      await trx
        .insertInto('RoutingFile')
        .values({ ...facts, ...file, ...bytes, ...made })
        .execute();
    });
  const log = (job: Job, given: { as?: 'cmdhost-2'; fence?: number } = {}) =>
    rig.http('POST', `agent/attempts/${job.attemptId}/log`, {
      as: given.as ?? 'cmdhost',
      json: { schemaVersion: 1, fence: given.fence ?? job.fence, logTail: ['the end'] },
    });

  it.each(['engineer', 'operator', 'admin', 'reader'] as const)('are not for a %s', async (as) => {
    await rig.order();
    for (const path of ['announce', 'claim', `attempts/${UNKNOWN_ID}/heartbeat`]) {
      expect((await rig.http('POST', `agent/${path}`, { as, json: {} })).status).toBe(403);
    }
  });

  it('announce: again keeps the workstation, another identity cannot take its name', async () => {
    const again = await announce(rig, { bootId: UNKNOWN_ID });
    const rows = await rig.database.read.selectFrom('Workstation').selectAll().execute();
    expect(rows).toMatchObject([
      { name: WORKSTATION, bootId: UNKNOWN_ID, workstationId: again.json['workstationId'] },
    ]);
    expect(await announce(rig, { as: 'cmdhost-2' })).toMatchObject({
      status: 403,
      json: { code: 'workstation-name-taken' },
    });
  });

  it('claim: 204 when nothing waits, else the job with lease, steps, inputs and links', async () => {
    expect(await claim()).toMatchObject({ status: 204 });
    await attach({ fileName: 'part.stl', role: 'cam-model', commandId: null });
    await attach({ fileName: 'old.nc', role: 'nc-program', commandId: UNKNOWN_ID });
    const commandId = await rig.order({ parameters: { programNumber: 7 } });
    expect(await claim()).toMatchObject({
      status: 200,
      json: {
        commandId,
        run: 1,
        attempt: 1,
        fence: 10001,
        application: 'esprit',
        requestedBy: 'engineer',
        parameters: { programNumber: 7 },
        leaseUntil: '2030-01-01T00:00:30.000Z',
        heartbeatIntervalMs: 5000,
        attemptTimeoutMs: 1_800_000,
        routing: {
          routingId: rig.routingId,
          itemCode: 'P-100',
          revisionCode: 'A',
          routingCode: 'R1',
          camRev: 1,
          steps: [{ sequence: 10, machine: 'M1', processDescription: 'Face top', toolInformation: null }],
        },
        inputs: [{ fileName: 'part.stl', sha256: MODEL, url: expect.stringContaining(MODEL) as unknown }],
      },
    });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Dispatched',
      workstation: WORKSTATION,
    });
    expect(await claim()).toMatchObject({ status: 204 });
  });

  it('claim: the same claimId gets the same job, and none once that is lost', async () => {
    await rig.order();
    const claimId = randomUUID();
    const first = await claim({ claimId });
    expect((await claim({ claimId })).json).toEqual(first.json);
    await announce(rig, { as: 'cmdhost-2', workstation: 'WS-2' });
    expect(await claim({ claimId, workstation: 'WS-2' }, 'cmdhost-2')).toMatchObject({ status: 204 });
    for (let round = 0; round < 7; round += 1) {
      rig.harness.clock.advance(5000);
      await rig.tick('attempt-watchdog');
    }
    expect(await claim({ claimId })).toMatchObject({ status: 204 });
  });

  it('claim: an answer without links is given again, not lost', async () => {
    const commandId = await rig.order();
    await attach({ fileName: 'part.stl', role: 'cam-model', commandId: null });
    const claimId = randomUUID();
    rig.content.away = true;
    expect(await claim({ claimId })).toMatchObject({ status: 503 });
    rig.content.away = false;
    expect(await claim({ claimId })).toMatchObject({ status: 200, json: { commandId, attempt: 1 } });
  });

  it('claim: only as a workstation that this identity has announced', async () => {
    await rig.order();
    expect(await claim({}, 'cmdhost-2')).toMatchObject({
      status: 409,
      json: { code: 'workstation-not-announced' },
    });
    expect(await claim({ workstation: 'WS-9' })).toMatchObject({ status: 409 });
  });

  it('claim: only for the abilities asked for, the lease being that of the type', async () => {
    await rig.dispose();
    rig = await startRig({ types: { ExportModel: { Lease: 'PT20S', Heartbeat: 'PT10S' } } });
    await rig.order({ application: 'solidworks', commandType: 'ExportModel' });
    expect(await claim()).toMatchObject({ status: 204 });
    expect((await claim({ applications: ['solidworks', 'esprit'] })).json).toMatchObject({
      leaseUntil: '2030-01-01T00:00:20.000Z',
      heartbeatIntervalMs: 10_000,
    });
  });

  it.each([
    ['applications', { applications: [] }],
    ['applications[0]', { applications: ['nx'] }],
    ['claimId', { claimId: 'x' }],
    ['workstation', { workstation: '' }],
    ['schemaVersion', { schemaVersion: 2 }],
    ['seat', { seat: 1 }],
  ])('claim: a wrong %s is named', async (path, given) => {
    expect(await claim(given)).toMatchObject({ status: 400, json: { errors: [{ path }] } });
  });

  it('heartbeat: renews the lease and shows progress', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    rig.harness.clock.advance(10_000);
    expect(await heartbeat(rig, job)).toMatchObject({
      status: 200,
      json: { action: 'continue', leaseUntil: '2030-01-01T00:00:40.000Z' },
    });
    const { command, attempts, items } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Running', startedAt: '2030-01-01T00:00:00.000Z' });
    expect(attempts).toMatchObject([{ status: 'Running', percent: 50, logTail: '["line"]' }]);
    expect(items).toMatchObject([{ leaseUntil: '2030-01-01T00:00:40.000Z' }]);
  });

  it('heartbeat, outputs: refused with a wrong fence, by another identity, after the end', async () => {
    await rig.order();
    const job = await mustClaim(rig);
    await announce(rig, { as: 'cmdhost-2', workstation: 'WS-2' });
    const lost = { status: 409, json: { code: 'lease-lost' } };
    for (const given of [{ fence: job.fence + 1 }, { as: 'cmdhost-2' as const }]) {
      expect(await heartbeat(rig, job, given)).toMatchObject(lost);
      expect(await outputs(job, given)).toMatchObject(lost);
    }
    expect(await heartbeat(rig, { ...job, attemptId: UNKNOWN_ID })).toMatchObject(lost);
    await rig.report(job, { kind: 'succeeded' });
    expect(await heartbeat(rig, job)).toMatchObject(lost);
    expect(await outputs(job)).toMatchObject(lost);
  });

  it('outputs: one link per file into the attempt’s own staging folder', async () => {
    await rig.order();
    const job = await mustClaim(rig);
    expect(await outputs(job)).toMatchObject({
      status: 200,
      json: {
        files: [
          {
            fileName: 'O1.nc',
            uploadUrl: expect.stringContaining(
              `/staging/attempts/${job.attemptId}/${sha256Of('G0')}`,
            ) as unknown,
          },
        ],
      },
    });
  });

  it.each([['../x.nc'], ['a/b.nc'], ['a.nc.'], [''], ['CON|.nc']])(
    'outputs: no file named %j',
    async (fileName) => {
      await rig.order();
      const job = await mustClaim(rig);
      const file = {
        fileName,
        role: 'nc-program',
        contentType: 'text/plain',
        sizeBytes: 1,
        sha256: 'a'.repeat(64),
      };
      const reply = await rig.http('POST', `agent/attempts/${job.attemptId}/outputs`, {
        as: 'cmdhost',
        json: { schemaVersion: 1, fence: job.fence, files: [file] },
      });
      expect(reply).toMatchObject({ status: 400, json: { errors: [{ path: 'files[0].fileName' }] } });
    },
  );

  it('log: noted also after the end, refused to others', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await announce(rig, { as: 'cmdhost-2', workstation: 'WS-2' });
    await rig.report(job, { kind: 'succeeded' });
    expect(await log(job, { as: 'cmdhost-2' })).toMatchObject({ status: 404 });
    expect(await log(job, { fence: 1 })).toMatchObject({ status: 404, json: { code: 'attempt-not-found' } });
    expect(await log(job)).toMatchObject({ status: 204 });
    expect((await rowsOf(rig, commandId)).attempts).toMatchObject([{ logTail: '["the end"]' }]);
  });
});
