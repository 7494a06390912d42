import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aJob, isAlive, Rig, simulated } from './rig.ts';

describe('an attempt run by the agent', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
    await rig.agent();
  });
  afterAll(async () => rig.stop());

  it('succeeds: inputs checked, adapter run, outputs uploaded as they were made, result on the queue', async () => {
    const model = rig.api.addBlob(Buffer.from('the CAM model'));
    const job = aJob({
      inputs: [{ fileId: aJob().commandId, fileName: 'bracket.esp', role: 'cam-model', ...model }],
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });

    const result = await rig.run(job);

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

  it('waits for a store that is away, for inputs as for outputs, and starts the program once', async () => {
    const model = rig.api.addBlob(Buffer.from('a model behind an outage'));
    const job = aJob({
      inputs: [{ fileId: aJob().commandId, fileName: 'bracket.esp', role: 'cam-model', ...model }],
    });
    const busy = (path: string) => ({
      path,
      act: (response: ServerResponse) => response.writeHead(503).end(),
    });
    const cut = (path: string) => ({ path, act: (response: ServerResponse) => response.destroy() });
    const input = new URL(model.url).pathname;
    rig.api.failNext(busy(input), busy(input), cut(input));
    rig.api.failNext(busy('-setup.html'), cut('-setup.html'), busy('-setup.html'));

    expect((await rig.run(job)).kind).toBe('succeeded');
    expect(await rig.ledger(job.attemptId)).toEqual(['start', 'end']);
  });

  it('tells that the adapter was started soon, by a heartbeat', async () => {
    const job = simulated({ duration: 'PT1S' }, { heartbeatIntervalMs: 60_000 });
    rig.api.offer(job);
    await rig.ringBell();
    const beat = await rig.api.seen(() =>
      rig.api.heartbeats.find(({ attemptId }) => attemptId === job.attemptId),
    );
    expect(beat.fence).toBe(7);
    expect(Date.parse(beat.startedAt ?? '')).toBeLessThanOrEqual(Date.now());
    expect((await rig.result()).kind).toBe('succeeded');
  });

  it.each([
    ['a busy licence', 'licence-busy', 'ESPRIT_LICENCE_BUSY', true],
    ['bad input', 'bad-input', 'INPUT_INVALID', false],
    ['a crash', 'crash', 'ESPRIT_CRASHED', true],
  ])('fails by %s with the code and whether to retry', async (_name, fault, code, retryable) => {
    expect(await rig.run(simulated({ fault }))).toMatchObject({ kind: 'failed', error: { code, retryable } });
  });

  it('meets no fault in an attempt that the fault was not asked for', async () => {
    expect(await rig.run(simulated({ fault: 'crash' }, { attempt: 2 }))).toMatchObject({ kind: 'succeeded' });
  });

  it('ends a run that hangs when its time is over', async () => {
    const job = simulated({ fault: 'hang' }, { attemptTimeoutMs: 1500 });
    const ended = rig.run(job);
    const pid = await rig.machining(job.attemptId);
    expect(await ended).toMatchObject({ kind: 'failed', error: { code: 'TIMED_OUT', retryable: true } });
    expect(await isAlive(pid)).toBe(false);
  });

  it('ends a run that is cancelled', async () => {
    const job = simulated({ fault: 'hang' });
    const ended = rig.run(job);
    const pid = await rig.machining(job.attemptId);
    rig.api.heartbeatAnswers.set(job.attemptId, 'cancel');
    expect(await ended).toMatchObject({ kind: 'cancelled' });
    expect(await isAlive(pid)).toBe(false);
    expect(await rig.ledger(job.attemptId)).toEqual(['start']);
  });

  it('drops an attempt whose lease is lost, and reports nothing about it', async () => {
    // All four seats: the next job is claimed only once a dropped run has ended.
    const lost = Array.from({ length: 4 }, () => simulated({ fault: 'hang' }));
    const next = aJob();
    rig.api.offer(...lost, next);
    await rig.ringBell();
    const pids = await Promise.all(lost.map(async ({ attemptId }) => rig.machining(attemptId)));
    for (const { attemptId } of lost) rig.api.heartbeatAnswers.set(attemptId, 'lease-lost');
    expect((await rig.result()).attemptId).toBe(next.attemptId);
    await rig.api.seen(() => (rig.api.claims.at(-1)?.attemptId ? undefined : true));
    expect(await rig.waiting('esprit-results')).toEqual([]);
    expect(await Promise.all(pids.map(isAlive))).toContain(false);
  });

  it('refuses an input whose bytes are others', async () => {
    const blob = rig.api.addBlob(Buffer.from('not what was approved'));
    const inputs = [{ fileId: aJob().commandId, fileName: 'a.esp', role: 'cam-model' as const, ...blob }];
    const [input] = inputs;
    const job = aJob({ inputs: [{ ...input!, sha256: 'a'.repeat(64) }] });
    expect(await rig.run(job)).toMatchObject({
      kind: 'failed',
      error: { code: 'INPUT_CORRUPT', retryable: true },
      startedAt: null,
    });
    expect(await rig.ledger(job.attemptId)).toEqual([]);
  });

  it.each([1, 1000])('refuses an input of another size (%i bytes)', async (sizeBytes) => {
    const blob = rig.api.addBlob(Buffer.from('twenty-one characters'));
    const result = await rig.run(
      aJob({
        inputs: [{ fileId: aJob().commandId, fileName: 'a.esp', role: 'cam-model', ...blob, sizeBytes }],
      }),
    );
    expect(result.error).toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  it.each([
    ['case', 'part.esp', 'PART.ESP'],
    ['Unicode normalization', 'größe.esp', 'größe.esp'.normalize('NFD')],
  ])('refuses inputs whose names differ in %s only, for good', async (_name, ...names) => {
    const blob = rig.api.addBlob(Buffer.from('model'));
    const inputs = names.map((fileName) => ({
      fileId: aJob().commandId,
      fileName,
      role: 'cam-model' as const,
      ...blob,
    }));
    const { attemptId, error } = await rig.run(aJob({ inputs }));
    expect(error).toMatchObject({ code: 'INPUT_NAMES_CLASH', retryable: false });
    expect(await rig.ledger(attemptId)).toEqual([]);
  });

  it('says that an input is not there without telling its address', async () => {
    const result = await rig.run(
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
    await rig.ringBell();
    await Promise.all(jobs.slice(0, 4).map(async ({ attemptId }) => rig.machining(attemptId)));
    const claimed = () => rig.api.claims.filter(({ attemptId }) => attemptId === jobs[4]!.attemptId);
    expect(claimed()).toEqual([]);
    rig.api.heartbeatAnswers.set(jobs[0]!.attemptId, 'cancel');
    await rig.machining(jobs[4]!.attemptId);
    for (const { attemptId } of jobs) rig.api.heartbeatAnswers.set(attemptId, 'cancel');
    for (const _job of jobs) expect((await rig.result()).kind).toBe('cancelled');
  });
});
