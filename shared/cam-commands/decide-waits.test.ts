import { describe, expect, it } from '@jest/globals';
import { type Deadlines, limitError, nextAlarm, nextWake } from './decide-waits.ts';

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute));

describe('the next alarm', () => {
  it.each<[what: string, deadlines: Deadlines, limit: string | undefined]>([
    ['none without deadlines', {}, undefined],
    ['the queue’s when it is the only one', { queue: at(1) }, 'queue'],
    ['the command’s when it is the only one', { command: at(1) }, 'command'],
    ['the queue’s when it comes first', { queue: at(1), command: at(2) }, 'queue'],
    ['the command’s when it comes first', { queue: at(2), command: at(1) }, 'command'],
    ['the command’s when both come together', { queue: at(1), command: at(1) }, 'command'],
  ])('is %s', (_what, deadlines, limit) => {
    expect(nextAlarm(deadlines)?.limit).toBe(limit);
    if (limit === 'queue' || limit === 'command') expect(nextAlarm(deadlines)?.at).toBe(deadlines[limit]);
  });
});

describe('a run in its backoff', () => {
  it.each([
    [at(5), undefined, { for: 'retry', at: at(5) }],
    [at(5), at(6), { for: 'retry', at: at(5) }],
    [at(5), at(5), { for: 'retry', at: at(5) }],
    [at(5), at(4), { for: 'limit', at: at(4) }],
  ])('until %s under a limit of %s wakes up for %j', (retryAt, commandBy, expected) => {
    expect(nextWake(retryAt, commandBy)).toEqual(expected);
  });
});

it.each([
  ['queue', 10_000, 'QUEUE_LIMIT', 'No workstation took the command within 10 seconds.'],
  ['queue', 600_000, 'QUEUE_LIMIT', 'No workstation took the command within 10 minutes.'],
  ['command', 7_200_000, 'COMMAND_LIMIT', 'The command was not done within 120 minutes, retries included.'],
] as const)('the %s limit of %d ms says what it is', (limit, ms, code, message) => {
  expect(limitError(limit, { queueMs: ms, commandMs: ms })).toEqual({ code, message, retryable: false });
});
