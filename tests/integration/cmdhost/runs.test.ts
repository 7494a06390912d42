import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aJob, isAlive, Rig, simulated } from './rig.ts';

describe('an attempt run by the agent', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());

  const runs = async (job: ReturnType<typeof aJob>) => {
    rig.api.offer(job);
    await rig.agent();
    return rig.result();
  };

  it('succeeds: inputs checked, adapter run, outputs uploaded as they were made, result on the queue', async () => {
    const model = rig.api.addBlob(Buffer.from('the CAM model'));
    const job = aJob({
      inputs: [{ fileId: aJob().commandId, fileName: 'bracket.esp', role: 'cam-model', ...model }],
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });

    const result = await runs(job);

    expect(result).toMatchObject({
      kind: 'succeeded',
      commandId: job.commandId,
      attemptId: job.attemptId,
      fence: 7,
      run: 1,
      attempt: 1,
      workstation: 'WS-01',
      outputs: [
        { role: 'nc-program', contentType: 'text/plain; charset=us-ascii' },
        { role: 'setup-sheet', contentType: 'text/html; charset=utf-8' },
      ],
    });
    for (const { fileName, sizeBytes, sha256 } of result.outputs ?? []) {
      const uploaded = rig.api.uploads.get(`${job.attemptId}/${fileName}`) ?? Buffer.alloc(0);
      expect(uploaded.length).toBe(sizeBytes);
      expect(createHash('sha256').update(uploaded).digest('hex')).toBe(sha256);
    }
    const [program] = result.outputs ?? [];
    const text = rig.api.uploads.get(`${job.attemptId}/${program?.fileName}`)?.toString('ascii') ?? '';
    expect(text).toMatch(/^%\nO\d{4} \(BRK-1001 REV A\)\n/);
    expect(text).toContain(`(SHA256 ${model.sha256.slice(0, 32).toUpperCase()})`);
    expect(rig.api.announces).toMatchObject([{ workstation: 'WS-01', seats: 4, applications: ['esprit'] }]);
    expect(rig.api.tokenRequests).toBe(1);
  });

  it('tells that the adapter was started at once, by a heartbeat', async () => {
    const job = simulated({ duration: 'PT60S' }, { heartbeatIntervalMs: 60_000 });
    rig.api.offer(job);
    await rig.agent();
    const beat = await rig.api.seen(() => rig.api.heartbeats[0]);
    expect(beat).toMatchObject({ attemptId: job.attemptId, fence: 7 });
    expect(Date.parse(beat.startedAt ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ['a busy licence', 'licence-busy', 'ESPRIT_LICENCE_BUSY', true],
    ['bad input', 'bad-input', 'INPUT_INVALID', false],
    ['a crash', 'crash', 'ESPRIT_CRASHED', true],
  ])('fails by %s with the code and whether to retry', async (_name, fault, code, retryable) => {
    expect(await runs(simulated({ fault }))).toMatchObject({ kind: 'failed', error: { code, retryable } });
  });

  it('meets no fault in an attempt that the fault was not asked for', async () => {
    expect(await runs(simulated({ fault: 'crash' }, { attempt: 2 }))).toMatchObject({ kind: 'succeeded' });
  });

  it('ends a run that hangs when its time is over', async () => {
    const result = await runs(simulated({ fault: 'hang' }, { attemptTimeoutMs: 1500 }));
    expect(result).toMatchObject({ kind: 'failed', error: { code: 'TIMED_OUT', retryable: true } });
    const [start] = await rig.ledger();
    expect(await isAlive(start!.pid)).toBe(false);
  });

  it('ends a run that is cancelled', async () => {
    const job = simulated({ fault: 'hang' });
    rig.api.offer(job);
    await rig.agent();
    const pid = await rig.machining(job.attemptId);
    rig.api.heartbeatAnswers.set(job.attemptId, 'cancel');
    expect(await rig.result()).toMatchObject({ kind: 'cancelled' });
    expect(await isAlive(pid)).toBe(false);
    expect((await rig.ledger()).map(({ event }) => event)).toEqual(['start']);
  });

  it('drops an attempt whose lease is lost, and reports nothing about it', async () => {
    const lost = simulated({ fault: 'hang' });
    const next = aJob();
    rig.api.offer(lost);
    await rig.agent({ seats: 1 });
    const pid = await rig.machining(lost.attemptId);
    // The only seat is free again only after the dropped run has ended.
    rig.api.offer(next);
    rig.api.heartbeatAnswers.set(lost.attemptId, 'lease-lost');
    expect((await rig.result()).attemptId).toBe(next.attemptId);
    expect(await isAlive(pid)).toBe(false);
    expect(await rig.waiting('esprit-results')).toEqual([]);
  });

  it('refuses an input whose bytes are others', async () => {
    const blob = rig.api.addBlob(Buffer.from('not what was approved'));
    const inputs = [{ fileId: aJob().commandId, fileName: 'a.esp', role: 'cam-model' as const, ...blob }];
    const [input] = inputs;
    expect(await runs(aJob({ inputs: [{ ...input!, sha256: 'a'.repeat(64) }] }))).toMatchObject({
      kind: 'failed',
      error: { code: 'INPUT_CORRUPT', retryable: true },
      startedAt: null,
    });
    expect(await rig.ledger()).toEqual([]);
  });

  it.each([1, 1000])('refuses an input of another size (%i bytes)', async (sizeBytes) => {
    const blob = rig.api.addBlob(Buffer.from('twenty-one characters'));
    const result = await runs(
      aJob({
        inputs: [{ fileId: aJob().commandId, fileName: 'a.esp', role: 'cam-model', ...blob, sizeBytes }],
      }),
    );
    expect(result.error).toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  it('says that an input is not there without telling its address', async () => {
    const result = await runs(
      aJob({
        inputs: [
          {
            fileId: aJob().commandId,
            fileName: 'a.esp',
            role: 'cam-model',
            sizeBytes: 1,
            sha256: 'a'.repeat(64),
            url: `${rig.api.url}/blobs/none?sig=secret`,
          },
        ],
      }),
    );
    expect(result.error).toMatchObject({ code: 'INPUT_UNAVAILABLE', retryable: true });
    expect(JSON.stringify(result)).not.toContain('sig=');
  });

  it('uses all its seats at the same time, and no more', async () => {
    const jobs = Array.from({ length: 5 }, () => simulated({ fault: 'hang' }, { heartbeatIntervalMs: 100 }));
    rig.api.offer(...jobs);
    await rig.agent();
    await Promise.all(jobs.slice(0, 4).map(async ({ attemptId }) => rig.machining(attemptId)));
    expect(rig.api.claims).toHaveLength(4);
    rig.api.heartbeatAnswers.set(jobs[0]!.attemptId, 'cancel');
    await rig.machining(jobs[4]!.attemptId);
  });
});
