import { describe, expect, it } from '@jest/globals';
import { Alarm } from './alarm.ts';

/** A clock that notes how long it was asked to wait. */
function openAlarm(nowMs = 0) {
  const timers: { delayMs: number; action: () => void; cancelled: boolean }[] = [];
  let rings = 0;
  const clock = {
    nowMs: () => nowMs,
    after(delayMs: number, action: () => void) {
      const timer = { delayMs, action, cancelled: false };
      timers.push(timer);
      return () => void (timer.cancelled = true);
    },
  };
  return { alarm: new Alarm(clock, () => rings++), timers, rings: () => rings };
}

describe('Alarm', () => {
  it('holds one timer, for the time that was set last', () => {
    const { alarm, timers } = openAlarm(100);
    alarm.set(300);
    alarm.set(300);
    alarm.set(250);
    expect(timers.map(({ delayMs, cancelled }) => [delayMs, cancelled])).toEqual([
      [200, true],
      [150, false],
    ]);
    alarm.set(undefined);
    expect(timers.at(-1)?.cancelled).toBe(true);
  });

  it('rings once and can be set to the same time again', () => {
    const { alarm, timers, rings } = openAlarm();
    alarm.set(50);
    timers[0]?.action();
    alarm.set(50);
    expect([rings(), timers.length]).toEqual([1, 2]);
  });

  it('rings at once for a time that is past, and no later than a timer can wait', () => {
    const { alarm, timers } = openAlarm(1_000);
    alarm.set(10);
    alarm.set(10 ** 12);
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([0, 2 ** 31 - 1]);
  });
});
