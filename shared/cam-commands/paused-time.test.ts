import { expect, it } from '@jest/globals';
import { type PausedInterval, pausedMsBetween } from './paused-time.ts';

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute));
const pause = (from: number, to: number | null): PausedInterval => ({
  from: at(from).toISOString(),
  to: to === null ? null : at(to).toISOString(),
});

it.each<[what: string, pauses: readonly PausedInterval[], minutes: number]>([
  ['none', [], 0],
  ['one inside', [pause(12, 15)], 3],
  ['one that began before', [pause(0, 15)], 5],
  ['one that ends after', [pause(15, 40)], 5],
  ['one whose end nobody knows', [pause(15, null)], 5],
  ['one around it', [pause(0, null)], 10],
  ['one before', [pause(0, 10)], 0],
  ['one after', [pause(20, 30)], 0],
  ['two apart', [pause(11, 12), pause(15, 17)], 3],
  ['two that overlap', [pause(11, 14), pause(13, 17)], 6],
  ['one inside another', [pause(11, 19), pause(12, 13)], 8],
  ['two in the wrong order', [pause(15, 17), pause(11, 12)], 3],
  ['one that ended before it began', [pause(15, 12)], 0],
])('between minute 10 and 20, %s: counted once each minute', (_what, pauses, minutes) => {
  expect(pausedMsBetween(pauses, at(10), at(20))).toBe(minutes * 60_000);
});
