import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { agentStatus } from '../../../cmdhost/control/contracts.ts';
import { aJob, ended, isAlive, Rig, simulated } from './rig.ts';
import { runCmdhost } from './run-cmdhost.ts';

describe('an agent through its own crashes, and outages around it', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());

  /** Until a result stands in the journal that could not be sent. */
  const untilResultIsKept = async (): Promise<void> => {
    for (let unsent = 0; unsent === 0;) {
      const { stdout } = await runCmdhost(['status', '--json', '--config', rig.configFile]);
      unsent = agentStatus.parse(JSON.parse(stdout)).unsentResults;
    }
  };

  /** Starts a hanging run and resolves once the adapter is known to run. */
  const hangingRun = async () => {
    const job = simulated({ fault: 'hang' });
    rig.api.offer(job);
    const agent = await rig.agent();
    return { job, agent, pid: await rig.machining(job.attemptId) };
  };

  it('waits for an API that is away when it starts', async () => {
    rig.api.away(true);
    const agent = await rig.bareAgent();
    rig.api.offer(aJob());
    await rig.api.arrived(2);
    rig.api.away(false);
    expect(await agent.ready).toEqual({ type: 'ready', name: 'cmdhost', facts: {} });
    expect((await rig.result()).kind).toBe('succeeded');
  });

  it('asks for work by itself once in a while', async () => {
    await rig.agent({ idlePollInterval: 'PT0.2S' });
    await rig.api.seen(() => rig.api.claims[3]);
    expect(new Set(rig.api.claims.map(({ claimId }) => claimId)).size).toBeGreaterThanOrEqual(4);
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
    expect(await rig.ledger(job.attemptId)).toEqual(['start']);
    expect(await rig.waiting('esprit-results')).toEqual([]);
  });

  it('takes with it an adapter that did not notice the crash, and what that had started, before any restart', async () => {
    rig.api.offer(aJob());
    const deaf = `process.on('SIGTERM', () => {}); process.stdout.on('error', () => {}); setInterval(() => {}, 1000);`;
    const adapters = await rig.adapter(`
      import { spawn } from 'node:child_process';
      ${deaf}
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(deaf)}], { stdio: 'inherit' });
      console.log(process.pid + ' ' + child.pid);
    `);
    const agent = await rig.agent({ adapters });
    const beat = await rig.api.seen(() => rig.api.heartbeats.find(({ logTail }) => logTail.length > 0));
    const [pid, child] = beat.logTail[0]!.split(' ').map(Number);
    await agent.kill();
    await ended(pid!);
    await ended(child!);
    await rig.agent({ adapters });
    expect(await rig.result()).toMatchObject({ kind: 'lost', error: { code: 'AGENT_CRASHED' } });
  });

  it('holds an attempt until its result is taken in, and no longer', async () => {
    rig.api.offer(aJob());
    await rig.agent({ seats: 1, idlePollInterval: 'PT1H' });
    await rig.api.seen(() => rig.api.claims[0]);
    await rig.stopBroker();
    await untilResultIsKept();
    const before = rig.api.heartbeats.length;
    await rig.api.seen(() => rig.api.heartbeats[before + 1]);
    await rig.restartBroker();
    expect((await rig.result()).kind).toBe('succeeded');
  });

  it('sends a result that it had in its journal when it crashed', async () => {
    const job = aJob();
    rig.api.offer(job);
    const agent = await rig.agent({ seats: 1, idlePollInterval: 'PT1H' });
    await rig.api.seen(() => rig.api.claims[0]);
    await rig.stopBroker();
    await untilResultIsKept();
    await agent.kill();
    await rig.restartBroker();
    await rig.agent();
    expect(await rig.result()).toMatchObject({ kind: 'succeeded', attemptId: job.attemptId });
    expect(await rig.ledger(job.attemptId)).toEqual(['start', 'end']);
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

  it('fails for now when it cannot be started', async () => {
    rig.api.offer(aJob());
    await rig.agent({ adapters: [{ application: 'esprit', command: ['/no/such/program'] }] });
    expect((await rig.result()).error).toMatchObject({ code: 'ADAPTER_UNAVAILABLE', retryable: true });
  });
});
