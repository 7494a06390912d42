import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { behaviour, runs } from './fixture-app/timers.ts';
import { manualClock } from './manual-clock.ts';
import { startFixture } from './start.ts';

const START = '2026-03-01T10:00:00.500Z';
const env = { TimerSchedule: '0 30 * * * *' };
const runsOf = (fn: string) => runs.filter((run) => run.fn === fn);

describe('timer functions', () => {
  beforeEach(() => {
    runs.length = 0;
    behaviour.during = () => undefined;
  });

  const start = async (stateDir?: string, from = START) => {
    const clock = manualClock(from);
    const host = await startFixture('timers.ts', { env, clock, stateDir });
    return { host, clock };
  };

  it('wait for their schedules: NCRONTAB in UTC, a TimeSpan, or an app setting', async () => {
    const { host, clock } = await start();
    await using _ = host;
    const waits = await eventually('all timers to wait', () => clock.waits().length === 5 && clock.waits());
    expect(waits).toEqual([
      '2026-03-01T10:00:01.000Z',
      '2026-03-01T10:00:30.500Z',
      '2026-03-01T10:30:00.000Z',
      '2026-03-01T11:00:00.000Z',
      '2027-01-01T00:00:00.000Z',
    ]);
  });

  it('get the timer object of Azure and a trace context', async () => {
    const { host, clock } = await start();
    await using _ = host;
    await eventually('all timers to wait', () => clock.waits().length === 5);
    clock.advanceTo('2026-03-01T11:00:00.000Z');
    const [run] = await eventually('the hourly run', () => runsOf('hourly').length === 1 && runsOf('hourly'));
    expect(run?.timer).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
    expect(run?.traceParent).toMatch(/^00-/);
    await eventually('the next wait', () => clock.waits().includes('2026-03-01T12:00:00.000Z'));
    clock.advanceTo('2026-03-01T12:00:00.000Z');
    await eventually('the second run', () => runsOf('hourly').length === 2);
    expect(runsOf('hourly')[1]?.timer.scheduleStatus).toEqual({
      last: '2026-03-01T11:00:00.000Z',
      next: '2026-03-01T12:00:00.000Z',
      lastUpdated: '2026-03-01T11:00:00.000Z',
    });
  });

  it('run at start when runOnStartup is set', async () => {
    const { host } = await start();
    await using _ = host;
    await eventually('the run', () => runsOf('at-startup').length === 1);
    expect(runs.map(({ fn }) => fn)).toEqual(['at-startup']);
  });

  it('never overlap themselves; occurrences that pass during a run are skipped', async () => {
    const { host, clock } = await start();
    await using _ = host;
    const first = Promise.withResolvers<void>();
    behaviour.during = (fn) => (fn === 'every-second' ? first.promise : undefined);
    await eventually('all timers to wait', () => clock.waits().length === 5);
    clock.advanceTo('2026-03-01T10:00:01.000Z');
    await eventually('the first run', () => runsOf('every-second').length === 1);
    clock.advanceTo('2026-03-01T10:00:05.000Z');
    first.resolve();
    await eventually('the next wait', () => clock.waits().includes('2026-03-01T10:00:06.000Z'));
    expect(runsOf('every-second')).toHaveLength(1);
  });

  it('go on after a run that failed, which is logged once', async () => {
    const { host, clock } = await start();
    await using _ = host;
    behaviour.during = (fn) => (fn === 'every-second' ? Promise.reject(new Error('no luck')) : undefined);
    await eventually('all timers to wait', () => clock.waits().length === 5);
    clock.advanceTo('2026-03-01T10:00:01.000Z');
    await eventually('the next wait', () => clock.waits().includes('2026-03-01T10:00:02.000Z'));
    expect(host.lines.filter((line) => line.includes('no luck'))).toHaveLength(1);
  });

  it('run at once, past due, when an occurrence was missed while the host was away', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'functions-host-'));
    try {
      const before = await start(stateDir);
      await eventually('all timers to wait', () => before.clock.waits().length === 5);
      before.clock.advanceTo('2026-03-01T11:00:00.000Z');
      const file = join(stateDir, 'timers', 'hourly.json');
      await eventually('the status', () => readFile(file, 'utf8').catch(() => ''));
      await before.host.stop();
      runs.length = 0;
      const after = await start(stateDir, '2026-03-01T14:20:00.000Z');
      await using _ = after.host;
      await eventually('the past-due run', () => runsOf('hourly').length === 1);
      expect(runsOf('hourly')[0]?.timer).toMatchObject({
        isPastDue: true,
        scheduleStatus: { next: '2026-03-01T12:00:00.000Z' },
      });
      await eventually('the next wait', () => after.clock.waits().includes('2026-03-01T15:00:00.000Z'));
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });

  it('run no more once the host has stopped', async () => {
    const { host, clock } = await start();
    await eventually('all timers to wait', () => clock.waits().length === 5);
    await host.stop();
    expect(clock.waits()).toEqual([]);
  });
});
