import { expect, it } from '@jest/globals';
import { judgeLimit } from './limits.ts';
import type { Span } from '../time/spans.ts';

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1) + minute * 60_000);
const pause = (from: number, to: number | null): Span => ({
  from: at(from).toISOString(),
  until: to === null ? null : at(to).toISOString(),
});
/** A limit of an hour whose time began at minute 0. */
const HOUR = { since: at(0).toISOString(), limitMs: 3_600_000 };

it.each<[now: number, what: string, pauses: readonly Span[], lookAgain: number | 'late']>([
  [60, 'never paused', [], 'late'],
  [61, 'looked at late', [], 'late'],
  [59, 'looked at by a host that is a minute behind', [], 62],
  [69.5, 'paused for 10 minutes, half a minute left', [pause(20, 30)], 71],
  [60, 'paused for half a minute more, a quarter of one left', [pause(45.25, 60.5)], 75.25],
  [60, 'paused for a quarter of a minute more, half of one left', [pause(59.5, 60.25)], 61.75],
  [60, 'paused for 10 minutes', [pause(20, 30)], 70],
  [70, 'paused for 10 minutes, and they are over', [pause(20, 30)], 'late'],
  [60, 'paused until minute 90', [pause(50, 90)], 100],
  [60, 'paused by two that meet', [pause(50, 90), pause(80, 95)], 105],
  [60, 'paused now and again later', [pause(50, 65), pause(80, null)], 75],
  [60, 'paused since minute 20, nobody knows until when', [pause(20, null)], 100],
  [300, 'paused since minute 59, nobody knows until when', [pause(59, null)], 300 + 241 / 8],
  [60, 'paused since minute 59, 1 minute left', [pause(59, null)], 61],
  [60, 'paused now that its time is over', [pause(60, null)], 'late'],
])('at minute %d, %s', (now, _what, pauses, lookAgain) => {
  expect(judgeLimit(HOUR, pauses, at(now))).toEqual(
    lookAgain === 'late'
      ? { late: true, lookAgainAt: null }
      : { late: false, lookAgainAt: new Date(at(0).getTime() + lookAgain * 60_000).toISOString() },
  );
});

it.each([
  ['no pause', 0.05, []],
  ['no pause', 0.5, []],
  ['no pause', 1, []],
  ['no pause', 30, []],
  ['a pause that is over', 0.05, [pause(20, 30)]],
  ['a pause that is over', 0.95, [pause(20, 30)]],
] as const)(
  'with %s, a host %d minutes behind is asked a few times, not over and over',
  (_what, behind, pauses) => {
    let asked = at(60);
    let looks = 1;
    for (;;) {
      const { late, lookAgainAt } = judgeLimit(HOUR, pauses, new Date(asked.getTime() - behind * 60_000));
      if (late) break;
      expect(Date.parse(lookAgainAt ?? '')).toBeGreaterThan(asked.getTime());
      asked = new Date(lookAgainAt ?? '');
      looks += 1;
    }
    expect(looks).toBeLessThanOrEqual(3);
  },
);

it('a long pause of unknown end grows the history of a run slowly', () => {
  let looks = 0;
  let now = at(60);
  while (now.getTime() < at(0).getTime() + 30 * 86_400_000) {
    const { lookAgainAt } = judgeLimit(HOUR, [pause(59, null)], now);
    now = new Date(lookAgainAt ?? '');
    looks += 1;
  }
  expect(looks).toBeLessThan(100);
});
