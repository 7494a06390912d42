import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aJob, Rig, simulated, type Agent } from './rig.ts';

const CLOCK = join(import.meta.dirname, '../../faults/matrix/preload/clock.ts');
const PART = 'cmdhost';
const HEARTBEAT_MS = 200;

/** Works until the file named by the job appears. */
const WAITING = `
  import { existsSync, readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as delay } from 'node:timers/promises';
  const job = JSON.parse(readFileSync(process.argv[3], 'utf8'));
  while (!existsSync(job.parameters.until)) await delay(20);
  writeFileSync(job.resultFile, JSON.stringify({ schemaVersion: 1, outcome: 'succeeded', outputs: [] }));
`;

describe.each([
  ['ahead', 10 * 60_000],
  ['back', -10 * 60_000],
])('the wall clock of the agent jumps 10 minutes %s while a run is on', (_name, offsetMs) => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.start();
  });
  afterEach(async () => rig.stop());

  const agentWithClock = async (
    changes: Parameters<Rig['agent']>[0] = {},
  ): Promise<{ agent: Agent; jump: () => Promise<void> }> => {
    const folder = join(rig.folder, 'clock');
    await mkdir(folder);
    const agent = await rig.agent(changes, {
      NODE_OPTIONS: `--import=${CLOCK}`,
      MCMS_FAULT_CLOCK: folder,
      MCMS_FAULT_PART: PART,
    });
    const jump = async (): Promise<void> => {
      await writeFile(join(folder, PART), String(offsetMs));
      agent.process.kill('SIGUSR2');
    };
    return { agent, jump };
  };
  const beats = (attemptId: string): number =>
    rig.api.heartbeats.filter((beat) => beat.attemptId === attemptId).length;
  /** Waits for further heartbeats of the attempt. */
  const moreBeats = async (attemptId: string, count: number): Promise<void> => {
    const before = beats(attemptId);
    await rig.api.seen(() => (beats(attemptId) >= before + count ? true : undefined));
  };

  it('the run ends as usual, not before it began; the next one is of the new time', async () => {
    const { jump } = await agentWithClock({ adapters: await rig.adapter(WAITING) });
    const until = join(rig.folder, 'go-on');
    const job = aJob({ parameters: { until }, heartbeatIntervalMs: HEARTBEAT_MS });
    rig.api.offer(job);
    await rig.ringBell();
    await rig.api.seen(() => rig.api.heartbeats.find(({ startedAt }) => startedAt !== null));
    const tokens = rig.api.tokenRequests;

    await jump();
    await moreBeats(job.attemptId, 5);
    await writeFile(until, '');

    const result = await rig.result();
    expect(result).toMatchObject({ kind: 'succeeded', attemptId: job.attemptId });
    expect(Date.parse(result.endedAt)).toBeGreaterThanOrEqual(Date.parse(result.startedAt ?? ''));
    expect(rig.api.tokenRequests).toBe(tokens);
    // The clock has really jumped: well over half of it lies between what the next run says and now.
    const next = await rig.run(aJob({ parameters: { until } }));
    const aheadMs = Date.parse(next.startedAt ?? '') - Date.now();
    expect(aheadMs / offsetMs).toBeGreaterThan(0.5);
    expect(Date.parse(next.endedAt)).toBeGreaterThanOrEqual(Date.parse(next.startedAt ?? ''));
  });

  it('a time-out is counted from the start, by a clock that does not jump', async () => {
    const { jump } = await agentWithClock();
    const job = simulated({ fault: 'hang' }, { attemptTimeoutMs: 8_000, heartbeatIntervalMs: HEARTBEAT_MS });
    rig.api.offer(job);
    await rig.ringBell();
    await rig.machining(job.attemptId);

    await jump();
    // Not ended by the jump ...
    await moreBeats(job.attemptId, 3);
    expect(await rig.waiting('esprit-results')).toEqual([]);
    // ... and not put off by it.
    expect(await rig.result()).toMatchObject({ kind: 'failed', error: { code: 'TIMED_OUT' } });
  });

  it('a claim that waits for the API goes on to be repeated', async () => {
    const { jump } = await agentWithClock();
    rig.api.away(true);
    const job = aJob();
    rig.api.offer(job);
    await rig.ringBell();
    await rig.api.arrived(1);

    await jump();
    await rig.api.arrived(2);
    rig.api.away(false);

    expect(await rig.result()).toMatchObject({ kind: 'succeeded', attemptId: job.attemptId });
  });
});
