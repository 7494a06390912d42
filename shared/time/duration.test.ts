import { describe, expect, it } from '@jest/globals';
import { durationMs } from './duration.ts';

describe('durationMs', () => {
  it.each([
    ['PT30S', 30_000],
    ['PT0S', 0],
    ['PT0.25S', 250],
    ['PT1,5S', 1500],
    ['PT15M', 900_000],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P1DT2H', 93_600_000],
    ['P2W', 1_209_600_000],
  ])('reads %s as %i ms', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  it.each([
    '',
    'P',
    'PT',
    '30',
    'PT30',
    'P1Y',
    'P1M',
    '-PT5S',
    'pt5s',
    'PT5S ',
    'PT1.2345S',
    'P1DT',
    'PT5S5M',
    `PT${'9'.repeat(20)}H`,
  ])('refuses %j by naming it', (text) => {
    expect(() => durationMs(text)).toThrow(RangeError);
    expect(() => durationMs(text)).toThrow(text);
  });
});
