import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aJob, isAlive, Rig, simulated } from './rig.ts';

describe('the agent through crashes and outages', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());

  /** Starts a hanging run and resolves once the adapter is known to run. */
  const hangingRun = async () => {
    const job = simulated({ fault: 'hang' });
    rig.api.offer(job);
    const agent = await rig.agent();
    return { job, agent, pid: await rig.machining(job.attemptId) };
  };

  it('asks for the same job again when the answer of a claim is lost', async () => {
    const job = aJob();
    rig.api.offer(job);
    rig.api.failNext({ path: '/claim', afterwards: true, act: (response) => response.destroy() });
    await rig.agent();
    expect((await rig.result()).attemptId).toBe(job.attemptId);
    const [first, second] = rig.api.claims;
    expect(second?.claimId).toBe(first?.claimId);
    expect(rig.api.claims.filter(({ attemptId }) => attemptId)).toHaveLength(2);
  });

  it.each([
    ['503', 503, {}],
    ['429 with Retry-After', 429, { 'retry-after': '0' }],
    ['401, once its token was refused', 401, {}],
  ])('repeats a claim that is answered with %s', async (_name, status, headers) => {
    rig.api.offer(aJob());
    rig.api.failNext({ path: '/claim', act: (response) => response.writeHead(status, headers).end() });
    await rig.agent();
    expect((await rig.result()).kind).toBe('succeeded');
    expect(rig.api.tokenRequests).toBe(status === 401 ? 2 : 1);
  });

  it('waits for an API that is away when it starts', async () => {
    rig.api.away(true);
    const agent = await rig.bareAgent();
    rig.api.offer(aJob());
    await rig.api.arrived(2);
    rig.api.away(false);
    expect(await agent.ready).toEqual({ type: 'ready', name: 'cmdhost', facts: {} });
    expect((await rig.result()).kind).toBe('succeeded');
  });

  it('lets a run go on while the API is away, and uploads when it is back', async () => {
    const job = simulated({ duration: 'PT0.5S' }, { heartbeatIntervalMs: 100 });
    rig.api.offer(job);
    await rig.agent();
    await rig.api.seen(() => rig.api.heartbeats.find(({ startedAt }) => startedAt !== null));
    rig.api.away(true);
    await rig.api.arrived(8);
    rig.api.away(false);
    expect((await rig.result()).kind).toBe('succeeded');
    expect((await rig.ledger()).map(({ event }) => event)).toEqual(['start', 'end']);
  });

  it('hears a bell, and takes it off the queue', async () => {
    await rig.agent();
    await rig.api.seen(() => rig.api.claims[0]);
    const job = aJob();
    rig.api.offer(job);
    await rig.ringBell();
    expect((await rig.result()).attemptId).toBe(job.attemptId);
    expect(await rig.waiting('esprit-dispatch')).toEqual([]);
  });

  it('leaves bells to others while its seats are taken', async () => {
    const job = simulated({ fault: 'hang' }, { heartbeatIntervalMs: 100 });
    rig.api.offer(job);
    await rig.agent({ seats: 1 });
    await rig.api.seen(() => rig.api.heartbeats[0]);
    await rig.ringBell();
    const beats = rig.api.heartbeats.length;
    await rig.api.seen(() => rig.api.heartbeats[beats + 3]);
    expect(await rig.waiting('esprit-dispatch')).toHaveLength(1);
    rig.api.heartbeatAnswers.set(job.attemptId, 'cancel');
    expect((await rig.result()).kind).toBe('cancelled');
    await rig.api.seen(() => rig.api.claims[2]);
  });

  it('asks for work by itself once in a while', async () => {
    await rig.agent({ idlePollInterval: 'PT0.2S' });
    await rig.api.seen(() => rig.api.claims[3]);
    expect(new Set(rig.api.claims.map(({ claimId }) => claimId)).size).toBeGreaterThanOrEqual(4);
  });

  it('takes no more work while it is drained, until it is told to go on', async () => {
    const job = simulated({ fault: 'hang' }, { heartbeatIntervalMs: 100 });
    rig.api.heartbeatAnswers.set(job.attemptId, 'drain');
    rig.api.offer(job);
    await rig.agent({ seats: 2 });
    await rig.api.seen(() => rig.api.heartbeats[1]);
    await rig.ringBell();
    const beats = rig.api.heartbeats.length;
    await rig.api.seen(() => rig.api.heartbeats[beats + 3]);
    expect(await rig.waiting('esprit-dispatch')).toHaveLength(1);
    const claims = rig.api.claims.length;
    rig.api.heartbeatAnswers.set(job.attemptId, 'continue');
    await rig.api.seen(() => rig.api.claims[claims]);
  });

  it('reports a run lost after its own crash, once, leaves no adapter behind and never runs it again', async () => {
    const { job, agent, pid } = await hangingRun();
    await agent.kill();
    rig.api.offer(job);
    await rig.agent();
    expect(await rig.result()).toMatchObject({
      kind: 'lost',
      attemptId: job.attemptId,
      error: { code: 'AGENT_CRASHED', retryable: true },
    });
    await rig.api.seen(() => rig.api.claims.find((claim, index) => index > 0 && !claim.attemptId));
    expect(await isAlive(pid)).toBe(false);
    expect((await rig.ledger()).map(({ event }) => event)).toEqual(['start']);
    expect(await rig.waiting('esprit-results')).toEqual([]);
  });

  it('ends an adapter that did not notice the crash', async () => {
    rig.api.offer(aJob());
    const adapters = await rig.adapter(
      `process.stdout.on('error', () => {}); setInterval(() => {}, 1000); console.log(process.pid);`,
    );
    const agent = await rig.agent({ adapters });
    const beat = await rig.api.seen(() => rig.api.heartbeats.find(({ logTail }) => logTail.length > 0));
    const pid = Number(beat.logTail[0]);
    await agent.kill();
    expect(await isAlive(pid)).toBe(true);
    await rig.agent({ adapters });
    expect((await rig.result()).kind).toBe('lost');
    expect(await isAlive(pid)).toBe(false);
  });

  it('sends a result that it had in its journal when it crashed', async () => {
    const job = aJob();
    rig.api.offer(job);
    const agent = await rig.agent({ seats: 1, idlePollInterval: 'PT1H' });
    await rig.api.seen(() => rig.api.claims[0]);
    await rig.stopBroker();
    // The seat asks again once the result stands in the journal.
    await rig.api.seen(() => rig.api.claims[1]);
    await agent.kill();
    await rig.restartBroker();
    await rig.agent();
    expect(await rig.result()).toMatchObject({ kind: 'succeeded', attemptId: job.attemptId });
    expect((await rig.ledger()).map(({ event }) => event)).toEqual(['start', 'end']);
  });

  it('works on while the broker is away, and sends all results when it is back', async () => {
    await rig.agent({ seats: 1, idlePollInterval: 'PT0.1S' });
    await rig.api.seen(() => rig.api.claims[0]);
    await rig.stopBroker();
    const jobs = [aJob(), aJob(), aJob()];
    rig.api.offer(...jobs);
    await rig.api.seen(() => {
      const last = rig.api.claims.findLastIndex(({ attemptId }) => attemptId);
      const claimed = rig.api.claims.filter(({ attemptId }) => attemptId).length;
      return claimed === 3 && rig.api.claims.length > last + 1 ? true : undefined;
    });
    await rig.restartBroker();
    const results = [await rig.result(), await rig.result(), await rig.result()];
    expect(results.map(({ attemptId }) => attemptId)).toEqual(jobs.map(({ attemptId }) => attemptId));
    const later = aJob();
    rig.api.offer(later);
    expect((await rig.result()).attemptId).toBe(later.attemptId);
  });

  it.each([['SIGINT' as const], ['SIGTERM' as const]])(
    'ends on %s and reports its runs lost',
    async (signal) => {
      const { job, agent, pid } = await hangingRun();
      const began = performance.now();
      expect(await agent.kill(signal)).toBe(0);
      expect(performance.now() - began).toBeLessThan(4000);
      expect(await isAlive(pid)).toBe(false);
      expect(await rig.result()).toMatchObject({
        kind: 'lost',
        attemptId: job.attemptId,
        error: { code: 'AGENT_STOPPED' },
      });
    },
  );

  it('lets runs end within the grace period', async () => {
    const job = simulated({ duration: 'PT0.6S' });
    rig.api.offer(job);
    const agent = await rig.agent({ stopGracePeriod: 'PT30S' });
    await rig.api.seen(() => rig.api.heartbeats.find(({ startedAt }) => startedAt !== null));
    expect(await agent.kill('SIGTERM')).toBe(0);
    expect((await rig.result()).kind).toBe('succeeded');
  });

  it('ends when its supervisor is gone, also while it still starts', async () => {
    const agent = await rig.agent();
    agent.process.disconnect();
    expect(await agent.exited).toBe(0);
    rig.api.away(true);
    const starting = await rig.bareAgent();
    await rig.api.arrived(1);
    starting.process.disconnect();
    expect(await starting.exited).toBe(0);
  });

  it('says in a sentence what is wrong when it cannot start', async () => {
    const wrong = await rig.bareAgent({ seats: 0 });
    expect(await wrong.exited).toBe(1);
    expect(wrong.output).toMatch(/^cmdhost: .*cmdhost\.json: seats: /);
    await rig.agent();
    const second = await rig.bareAgent();
    expect(await second.exited).toBe(1);
    expect(second.output).toContain('is in use by another agent');
  });
});
