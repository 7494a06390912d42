import { describe, expect, it } from '@jest/globals';
import { historyRecord } from '../../../../cli/import/history/record.ts';
import {
  WINDOW_ROWS,
  changedAtOf,
  entryAt,
  longRoutingAt,
  routingAt,
  routingCount,
  routingIndexOf,
} from './plan.ts';

const WINDOW = Array.from({ length: WINDOW_ROWS }, (_, position) => position);

describe('the history that is measured', () => {
  it('has in each window two routings of 5,000 entries and 450 of 200', () => {
    const entries = new Map<number, number>();
    for (const position of WINDOW) {
      const index = routingIndexOf(WINDOW_ROWS + position);
      entries.set(index, (entries.get(index) ?? 0) + 1);
    }
    expect(Math.min(...entries.keys())).toBe(452);
    expect(entries.size).toBe(452);
    const counts = [...entries.values()];
    expect(counts.filter((count) => count === 5000)).toHaveLength(2);
    expect(counts.filter((count) => count === 200)).toHaveLength(450);
  });

  it('gives long routings 200 CAM revisions, each with its share of the entries', () => {
    const { routingId } = longRoutingAt(3);
    const perCamRev = new Map<number, number>();
    for (const position of WINDOW.map((inWindow) => 3 * WINDOW_ROWS + inWindow)) {
      const routing = routingAt(routingIndexOf(position));
      if (routing.routingId !== routingId) continue;
      const { camRev } = entryAt(position, routing) as { camRev: number };
      perCamRev.set(camRev, (perCamRev.get(camRev) ?? 0) + 1);
    }
    expect(perCamRev.size).toBe(200);
    expect(Math.min(...perCamRev.values())).toBeGreaterThan(20);
  });

  it('is about routings of every window that has begun', () => {
    expect(routingCount(1)).toBe(452);
    expect(routingCount(WINDOW_ROWS)).toBe(452);
    expect(routingCount(WINDOW_ROWS + 1)).toBe(904);
  });

  it('can be imported, in order of time', () => {
    for (const position of [0, 7, 123_456, 9_999_999]) {
      const record = historyRecord.parse(entryAt(position, routingAt(routingIndexOf(position))));
      expect(record.changedAt).toBe(changedAtOf(position));
    }
    expect(changedAtOf(1) > changedAtOf(0)).toBe(true);
  });
});
