import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { aJob, Rig, simulated } from './rig.ts';

describe('claiming work', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
    await rig.agent({ seats: 2 });
  });
  afterAll(async () => rig.stop());

  /** Hanging runs on all seats. */
  const occupy = async () => {
    const jobs = [simulated({ fault: 'hang' }), simulated({ fault: 'hang' })];
    rig.api.offer(...jobs);
    await rig.ringBell();
    await Promise.all(jobs.map(async ({ attemptId }) => rig.machining(attemptId)));
    return jobs;
  };
  const cancel = async (jobs: readonly { attemptId: string }[]) => {
    for (const { attemptId } of jobs) rig.api.heartbeatAnswers.set(attemptId, 'cancel');
    for (const _job of jobs) expect((await rig.result()).kind).toBe('cancelled');
  };
  const heartbeats = async (count: number) => {
    const before = rig.api.heartbeats.length;
    await rig.api.seen(() => rig.api.heartbeats[before + count - 1]);
  };

  it('follows a bell, which is then off the queue', async () => {
    const job = aJob();
    expect((await rig.run(job)).attemptId).toBe(job.attemptId);
    const limit = AbortSignal.timeout(30_000);
    while ((await rig.waiting('esprit-dispatch')).length > 0) limit.throwIfAborted();
  });

  it('gets the same job again when the answer was lost', async () => {
    const job = aJob();
    const before = rig.api.claims.length;
    rig.api.failNext({ path: '/claim', afterwards: true, act: (response) => response.destroy() });
    expect((await rig.run(job)).attemptId).toBe(job.attemptId);
    const [first, second] = rig.api.claims.slice(before);
    expect(second).toEqual(first);
    expect(first?.attemptId).toBe(job.attemptId);
    expect(await rig.ledger(job.attemptId)).toEqual(['start', 'end']);
  });

  it.each([
    ['503', 503, {}],
    ['429 with Retry-After', 429, { 'retry-after': '0' }],
    ['401, with a new token', 401, {}],
  ])('is repeated after %s', async (_name, status, headers) => {
    const tokens = rig.api.tokenRequests;
    rig.api.failNext({ path: '/claim', act: (response) => response.writeHead(status, headers).end() });
    expect((await rig.run(aJob())).kind).toBe('succeeded');
    expect(rig.api.tokenRequests - tokens).toBe(status === 401 ? 1 : 0);
  });

  it('leaves bells to other agents while all seats are taken', async () => {
    const jobs = await occupy();
    const bell = await rig.ringBell();
    await heartbeats(4);
    // Others may wait beside it: the seats can fill before a bell that was rung for them is heard.
    expect(await rig.waiting('esprit-dispatch')).toContainEqual(bell);
    await cancel(jobs);
  });

  it('stops while the server drains the agent, until it is told to go on', async () => {
    const job = simulated({ fault: 'hang' });
    rig.api.heartbeatAnswers.set(job.attemptId, 'drain');
    rig.api.offer(job);
    await rig.ringBell();
    // The second of these is sent after the answer to the first has arrived.
    await heartbeats(2);
    const bell = await rig.ringBell();
    await heartbeats(3);
    expect(await rig.waiting('esprit-dispatch')).toContainEqual(bell);
    const claims = rig.api.claims.length;
    rig.api.heartbeatAnswers.set(job.attemptId, 'continue');
    await rig.api.seen(() => rig.api.claims[claims]);
    await cancel([job]);
  });

  it('touches no run while the API is away; its outputs are uploaded once it is back', async () => {
    const job = simulated({ duration: 'PT0.5S' });
    const ended = rig.run(job);
    await rig.machining(job.attemptId);
    rig.api.away(true);
    await rig.api.arrived(6);
    rig.api.away(false);
    expect((await ended).kind).toBe('succeeded');
    expect(await rig.ledger(job.attemptId)).toEqual(['start', 'end']);
  });

  it('gives a seat back when the program has ended, and not more jobs than two to a seat', async () => {
    const uploads: ServerResponse[] = [];
    const hold = { path: '/outputs', act: (response: ServerResponse) => void uploads.push(response) };
    const jobs = [aJob(), aJob(), aJob(), aJob(), aJob()];
    rig.api.failNext(hold, hold, hold, hold);
    rig.api.offer(...jobs);
    await rig.ringBell();
    await rig.api.seen(() => uploads[3]);
    const given = () =>
      rig.api.claims.filter((claim) => jobs.some((job) => job.attemptId === claim.attemptId));
    const claimed = given().length;
    for (const response of uploads) response.writeHead(503).end();
    for (const _job of jobs) expect((await rig.result()).kind).toBe('succeeded');
    expect([claimed, given().length]).toEqual([4, 5]);
  });

  it('reports a job that it does not understand', async () => {
    const strange = { ...aJob(), application: 'paint' } as unknown as Job;
    const { attemptId, fence } = strange;
    rig.api.offer(strange);
    await rig.ringBell();
    const result = await rig.result();
    expect(result).toMatchObject({ attemptId, fence, kind: 'failed', startedAt: null });
    expect(result.error).toMatchObject({ code: 'JOB_UNREADABLE', retryable: true });
    expect(result.error?.message).toContain('application');
    expect(await rig.ledger(attemptId)).toEqual([]);
  });
});
