import { describe, expect, it } from '@jest/globals';
import { parseSchedule } from './schedule.ts';

const nextOf = (expression: string, from: string): string | undefined =>
  parseSchedule(expression, 'f').next(new Date(from))?.toISOString();

describe('parseSchedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-03-01T10:03:20.000Z', '2026-03-01T10:05:00.000Z'],
    ['*/5 * * * *', '2026-03-01T10:05:00.000Z', '2026-03-01T10:10:00.000Z'],
    ['30 0 2 * * Mon-Fri', '2026-03-06T03:00:00.000Z', '2026-03-09T02:00:30.000Z'],
    ['0 0 0 1 Jan,Jul *', '2026-03-01T00:00:00.000Z', '2026-07-01T00:00:00.000Z'],
    ['* * * * * *', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z'],
  ])('finds the next occurrence of %s', (expression, from, next) => {
    expect(nextOf(expression, from)).toBe(next);
  });

  it('wants day of month and day of week together, as NCrontab does', () => {
    expect(nextOf('0 0 0 13 * 5', '2026-03-14T00:00:00.000Z')).toBe('2026-11-13T00:00:00.000Z');
  });

  it('takes a TimeSpan as the time between runs', () => {
    expect(nextOf('00:00:30', '2026-03-01T10:00:10.500Z')).toBe('2026-03-01T10:00:40.500Z');
    expect(nextOf('1.02:00:00', '2026-03-01T00:00:00.000Z')).toBe('2026-03-02T02:00:00.000Z');
  });

  it.each([
    ['0 0 * * * *', true],
    ['*/5 * * * *', true],
    ['*/10 * * * * *', false],
    ['0,30 * * * * *', false],
    ['00:00:59', false],
    ['00:01:00', true],
  ])('knows whether %s is slow enough to be monitored', (expression, isSlow) => {
    expect(parseSchedule(expression, 'f').isSlow).toBe(isSlow);
  });

  it.each([
    '',
    '* * * *',
    '0 0 0 * * * *',
    '@daily',
    '0 0 0 L * *',
    '0 0 0 ? * *',
    '0 61 * * * *',
    '00:00:00',
    '25:00:00',
  ])('refuses %j and names the function', (expression) => {
    expect(() => parseSchedule(expression, 'sweeper')).toThrow(
      `function "sweeper": schedule "${expression}"`,
    );
  });
});
