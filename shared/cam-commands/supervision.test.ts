import { describe, expect, it } from '@jest/globals';
import {
  UNWATCHED,
  WATCHDOG_GAP_MS,
  WATCHDOG_GRACE_MS,
  type WatchdogMemory,
  watchdogStep,
} from './supervision.ts';

const ROUND_MS = 5000;

/** Whether each round may expire leases; a round is the time since the one before, or `away` for one that found no database. */
function watch(rounds: readonly (number | 'away')[]): boolean[] {
  let memory: WatchdogMemory = UNWATCHED;
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  return rounds.map((round) => {
    nowMs += round === 'away' ? ROUND_MS : round;
    if (round === 'away') {
      memory = UNWATCHED;
      return false;
    }
    const step = watchdogStep(memory, new Date(nowMs));
    memory = step.memory;
    expect(step.expireBefore).toEqual(step.expireBefore === null ? null : new Date(nowMs));
    return step.expireBefore !== null;
  });
}

describe('the watchdog', () => {
  it('expires nothing in its first rounds after a start', () => {
    expect(watch([0, 5000, 5000, 5000, 4999, 5000])).toEqual([false, false, false, false, false, true]);
    expect(WATCHDOG_GRACE_MS).toBe(20_000);
  });

  it('goes on expiring while every round finds the database', () => {
    expect(watch([0, 5000, 5000, 5000, 5000, 5000, 5000]).slice(4)).toEqual([true, true, true]);
  });

  it('starts its grace anew after every round that did not', () => {
    const before = [0, 5000, 5000, 5000, 5000] as const;
    expect(watch([...before, 'away', 5000, 5000, 5000, 5000, 5000]).slice(4)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(watch([...before, 'away', 5000, 'away', 5000, 5000, 5000, 5000]).slice(5)).not.toContain(true);
  });

  it('starts its grace anew when it was held up itself: agents were as well, or could not reach anyone', () => {
    const before = [0, 5000, 5000, 5000, 5000] as const;
    expect(watch([...before, WATCHDOG_GAP_MS]).at(-1)).toBe(true);
    expect(watch([...before, -1, 5000, 5000, 5000]).slice(5)).not.toContain(true);
    expect(watch([...before, WATCHDOG_GAP_MS + 1, 5000, 5000, 5000, 5000]).slice(5)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});
