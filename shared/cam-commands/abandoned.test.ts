import { describe, expect, it } from '@jest/globals';
import {
  ABANDONED_AFTER_MS,
  NOTHING_SEEN,
  type OpenRun,
  type RunState,
  type WatchMemory,
  watchStep,
} from './abandoned.ts';

const START = Date.UTC(2030, 0, 1);
const run = (attempt: number): OpenRun => ({ seq: 1, commandId: 'c', run: 1, attempt });

/** Rounds a minute apart in which one run is seen so; what the last one decides. */
function after(states: readonly RunState[], attempt = 1) {
  let memory: WatchMemory = NOTHING_SEEN;
  let step = watchStep(memory, { seen: [], after: 0, now: new Date(START) });
  for (const [minute, state] of states.entries()) {
    step = watchStep(memory, {
      seen: [[run(attempt), state]],
      after: 0,
      now: new Date(START + minute * 60_000),
    });
    ({ memory } = step);
  }
  return { end: step.end.length, restart: step.restart.length };
}

describe('the watch over open commands', () => {
  const minutes = ABANDONED_AFTER_MS / 60_000;
  const times = (count: number, state: RunState) => Array.from({ length: count }, () => state);

  it.each<[what: string, states: readonly RunState[], attempt: number, end: number, restart: number]>([
    ['that has an orchestration', times(20, 'open'), 1, 0, 0],
    ['seen without one for less than five minutes', times(minutes, 'ended'), 1, 0, 0],
    ['whose orchestration has ended for five minutes', times(minutes + 1, 'ended'), 1, 1, 0],
    ['that nobody has begun for five minutes', times(minutes + 1, 'unknown'), 0, 0, 1],
    ['whose orchestration ended before an attempt', times(minutes + 1, 'ended'), 0, 1, 0],
    ['whose orchestration is gone after an attempt', times(minutes + 1, 'unknown'), 1, 1, 0],
    ['that was begun again meanwhile', [...times(minutes, 'unknown'), 'open', 'ended'], 1, 0, 0],
    ['of which something was done a minute ago', times(minutes + 2, 'unknown'), 0, 0, 0],
    ['of which something was done five minutes ago', times(2 * minutes + 1, 'unknown'), 0, 0, 1],
  ])('a run %s', (_what, states, attempt, end, restart) => {
    expect(after(states, attempt)).toEqual({ end, restart });
  });

  it('forgets a run that is no longer open, and counts a later one anew', () => {
    const first = watchStep(NOTHING_SEEN, { seen: [[run(1), 'ended']], after: 5, now: new Date(START) });
    expect(first.memory).toMatchObject({ after: 5 });
    const gone = watchStep(first.memory, { seen: [], after: 0, now: new Date(START + 60_000) });
    expect(gone.memory).toEqual({ after: 0, suspects: new Map() });
    const next = watchStep(first.memory, {
      seen: [[{ ...run(1), run: 2 }, 'ended']],
      after: 0,
      now: new Date(START + ABANDONED_AFTER_MS),
    });
    expect(next.end).toEqual([]);
  });

  it('takes a clock that was set back for no reason to act', () => {
    const first = watchStep(NOTHING_SEEN, { seen: [[run(1), 'ended']], after: 0, now: new Date(START) });
    const back = watchStep(first.memory, { seen: [[run(1), 'ended']], after: 0, now: new Date(START - 6e5) });
    expect(back.end).toEqual([]);
    const forth = watchStep(back.memory, {
      seen: [[run(1), 'ended']],
      after: 0,
      now: new Date(START - 3.6e5),
    });
    expect(forth.end).toEqual([]);
  });
});
