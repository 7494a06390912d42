import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { LeaseLostError, RunFailure, RunnerLostError, runFailure, RunStopped } from '../errors.ts';
import { endOf, isDiskFull, outcomeOf } from './outcome.ts';

const failed = (code: string) => ({ kind: 'failed', error: { code, retryable: true } });
const lost = (code: string) => ({ kind: 'lost', error: { code, retryable: true } });

describe('what a run comes to', () => {
  it.each([
    ['a time-out', new RunStopped('timed-out'), failed('TIMED_OUT')],
    ['a cancel', new RunStopped('cancelled'), { kind: 'cancelled' }],
    ['a stop of the agent', new RunStopped('agent-stopped'), lost('AGENT_STOPPED')],
    ['the end of the runner', new RunnerLostError(), lost('RUNNER_LOST')],
    ['a fault of the agent', new TypeError('secret'), failed('AGENT_FAILED')],
    ['a failure', runFailure('INPUT_CORRUPT', 'x', { retryable: true }), failed('INPUT_CORRUPT')],
  ])('after %s', (_name, reason, outcome) => {
    expect(outcomeOf(reason, 1000)).toMatchObject(outcome);
    expect(JSON.stringify(outcomeOf(reason, 1000))).not.toContain('secret');
  });

  it.each([new LeaseLostError(), new RunStopped('lease-lost')])('is of no interest after %s', (reason) => {
    expect(outcomeOf(reason, 1000)).toBe('lease-lost');
  });

  it('is DISK_FULL when the disk has no room, also when that is the cause of another error', async () => {
    const full: unknown = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
    expect(outcomeOf(full, 1000)).toMatchObject(failed('DISK_FULL'));
    expect(isDiskFull(new Error('not written', { cause: full }))).toBe(true);
    expect(
      outcomeOf(new RunFailure({ code: 'X', message: 'x', retryable: false }, full), 1000),
    ).toMatchObject(failed('DISK_FULL'));
    expect(isDiskFull(new Error('ENOSPC'))).toBe(false);
  });
});

describe('the end of a run', () => {
  const now = new Date('2026-11-23T09:00:00.000Z');
  it.each([
    [null, '2026-11-23T09:00:00.000Z'],
    ['2026-11-23T08:59:00.000Z', '2026-11-23T09:00:00.000Z'],
    ['2026-11-23T09:30:00.000Z', '2026-11-23T09:30:00.000Z'],
  ])('begun at %s is %s', (startedAt, end) => {
    expect(endOf(startedAt, now)).toBe(end);
  });
});
