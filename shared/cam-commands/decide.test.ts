import { describe, expect, it } from '@jest/globals';
import type { RetryPolicy } from './command-types.ts';
import type { CommandError } from './contracts.ts';
import {
  type AttemptOutcome,
  backoffMs,
  decideNext,
  jitterOf,
  maxAttemptsShown,
  outageDelayMs,
} from './decide.ts';

const POLICY: RetryPolicy = {
  firstDelayMs: 1000,
  factor: 2,
  maxDelayMs: 5000,
  maxAttempts: 4,
  maxLost: 2,
  jitter: 0.2,
  permanentCodes: ['MODEL_BROKEN'],
};
const BUSY: CommandError = { code: 'LICENCE_BUSY', message: 'no seat', retryable: true };
const BAD: CommandError = { code: 'BAD_INPUT', message: 'no such tool', retryable: false };

const SUCCEEDED: AttemptOutcome = { kind: 'succeeded' };
const CANCELLED: AttemptOutcome = { kind: 'cancelled' };
const LOST: AttemptOutcome = { kind: 'lost' };
const BUSY_FAILED: AttemptOutcome = { kind: 'failed', error: BUSY };
const BAD_FAILED: AttemptOutcome = { kind: 'failed', error: BAD };

describe('what follows an attempt', () => {
  it.each([
    [SUCCEEDED, { failed: 3, lost: 2 }, false, { next: 'succeed' }],
    [SUCCEEDED, { failed: 0, lost: 0 }, true, { next: 'succeed' }],
    [CANCELLED, { failed: 0, lost: 0 }, true, { next: 'cancel' }],
    [LOST, { failed: 0, lost: 0 }, true, { next: 'cancel' }],
    [BAD_FAILED, { failed: 0, lost: 0 }, true, { next: 'cancel' }],
    [
      BUSY_FAILED,
      { failed: 0, lost: 0 },
      false,
      { next: 'retry', delayMs: 1000, tally: { failed: 1, lost: 0 } },
    ],
    [
      BUSY_FAILED,
      { failed: 2, lost: 2 },
      false,
      { next: 'retry', delayMs: 4000, tally: { failed: 3, lost: 2 } },
    ],
    [
      BUSY_FAILED,
      { failed: 3, lost: 0 },
      false,
      { next: 'fail', error: BUSY, tally: { failed: 4, lost: 0 } },
    ],
    [BAD_FAILED, { failed: 0, lost: 0 }, false, { next: 'fail', error: BAD, tally: { failed: 1, lost: 0 } }],
    [LOST, { failed: 3, lost: 0 }, false, { next: 'retry', delayMs: 1000, tally: { failed: 3, lost: 1 } }],
    [LOST, { failed: 0, lost: 1 }, false, { next: 'retry', delayMs: 2000, tally: { failed: 0, lost: 2 } }],
    [LOST, { failed: 0, lost: 2 }, false, { next: 'fail', tally: { failed: 0, lost: 3 } }],
  ] as const)('%j after %j, cancel requested: %s', (outcome, before, cancelRequested, expected) => {
    expect(decideNext(POLICY, before, outcome, { cancelRequested, jitter: 1 })).toMatchObject(expected);
  });

  it.each([
    ['a success', SUCCEEDED, false, { next: 'succeed' }],
    ['a cancellation that was asked for', CANCELLED, true, { next: 'cancel' }],
    ['an agent that stopped it', CANCELLED, false, { next: 'fail', error: { code: 'COMMAND_LIMIT' } }],
    ['a lost agent', LOST, false, { next: 'fail', error: { code: 'COMMAND_LIMIT' } }],
    ['a failure', BUSY_FAILED, false, { next: 'fail', error: { code: 'COMMAND_LIMIT' } }],
  ] as const)('after the command’s time is over: %s', (_what, outcome, cancelRequested, expected) => {
    const overdue = { code: 'COMMAND_LIMIT', message: 'late', retryable: false };
    const options = { cancelRequested, overdue, jitter: 1 };
    expect(decideNext(POLICY, { failed: 0, lost: 0 }, outcome, options)).toMatchObject(expected);
  });

  it('ends at once for a code that the policy calls permanent', () => {
    const error = { code: 'MODEL_BROKEN', message: 'x', retryable: true };
    const options = { cancelRequested: false, jitter: 1 };
    expect(decideNext(POLICY, { failed: 0, lost: 0 }, { kind: 'failed', error }, options)).toEqual({
      next: 'fail',
      tally: { failed: 1, lost: 0 },
      error,
    });
  });

  it('calls a lost attempt what it is', () => {
    const decision = decideNext(POLICY, { failed: 0, lost: 2 }, LOST, { cancelRequested: false, jitter: 0 });
    expect(decision).toMatchObject({ next: 'fail', error: { code: 'AGENT_LOST' } });
  });

  it.each([
    [0, 'retry'],
    [2, 'fail'],
  ] as const)('says of a lost attempt what its agent says, after %i others: %s', (lost, next) => {
    const error = { code: 'MODEL_BROKEN', message: 'the agent was stopped', retryable: false };
    const outcome: AttemptOutcome = { kind: 'lost', error };
    const options = { cancelRequested: false, jitter: 0 };
    expect(decideNext(POLICY, { failed: 3, lost }, outcome, options)).toMatchObject({
      next,
      tally: { failed: 3, lost: lost + 1 },
      error: { ...error, retryable: true },
    });
  });
});

describe('delays', () => {
  it.each([
    [1, 0, 800],
    [1, 0.5, 900],
    [1, 1, 1000],
    [2, 1, 2000],
    [3, 1, 4000],
    [4, 1, 5000],
    [50, 0, 4000],
  ])('after failure %i with jitter %d: %i ms', (count, jitter, expected) => {
    expect(backoffMs(POLICY, count, jitter)).toBe(expected);
  });

  it.each([
    [1, 500],
    [2, 1000],
    [5, 8000],
    [6, 10_000],
    [2000, 10_000],
  ])('try %i during an outage: %i ms', (tries, expected) => {
    expect(outageDelayMs(tries)).toBe(expected);
  });

  it('have a jitter that is the same for the same text and spreads over others', () => {
    const commands = Array.from({ length: 400 }, (_, index) => `${(index * 7919).toString(16)}-4a3e.1.1`);
    const values = commands.map(jitterOf);
    expect(values).toEqual(commands.map(jitterOf));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    for (const edge of [0.25, 0.5, 0.75]) {
      const below = values.filter((value) => value < edge).length / values.length;
      expect(Math.abs(below - edge)).toBeLessThan(0.15);
    }
  });

  it('show lost attempts on top of those that may fail', () => {
    expect(maxAttemptsShown(POLICY, 2)).toBe(6);
  });
});
