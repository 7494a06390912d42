import { describe, expect, it } from '@jest/globals';
import { routingStatuses } from '../../shared/routings/contracts.ts';
import { entailedEntries, lifeEvents } from './life-cycle.ts';
import { countedPlan, demoPlan, share } from './plan.ts';
import { createRandom } from './random.ts';

describe('lifeEvents', () => {
  it('supersedes the CAM revision on the floor when the next is released', () => {
    const events = [...lifeEvents({ camRevs: 2, status: 'Released' }, () => 0)];
    const told = events.map((event) => (event.kind === 'move' ? `${event.camRev} ${event.to}` : event.kind));
    expect(told).toEqual([
      'begin',
      '1 PendingApproval',
      '1 Approved',
      '1 Released',
      'begin',
      '2 PendingApproval',
      '2 Approved',
      '2 Released',
      '1 Superseded',
    ]);
  });

  it.each(routingStatuses.flatMap((status) => [1, 2, 5].map((camRevs) => ({ status, camRevs }))))(
    'has as many events as counted: $camRevs to $status',
    (life) => {
      expect([...lifeEvents(life, () => 0)]).toHaveLength(entailedEntries(life));
    },
  );
});

describe('plans', () => {
  it('share out without remainder', () => {
    expect([0, 1, 2].map((index) => share(10, 3, index))).toEqual([3, 3, 4]);
  });

  it('count exactly what was asked for', () => {
    const items = [...countedPlan({ items: 7, routings: 50, camRevs: 120, history: 2000 })];
    const routings = items.flatMap((item) => item.revisions.flatMap((revision) => revision.routings));
    expect(items).toHaveLength(7);
    expect(routings).toHaveLength(50);
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
    expect(sum(routings.map(({ camRevs }) => camRevs))).toBe(120);
    const entries = routings.map((routing) => entailedEntries(routing) + routing.edits);
    expect(7 + 21 + sum(entries)).toBe(2000);
  });

  it('hold the demo shop of the contract', () => {
    const plan = demoPlan();
    expect(plan).toHaveLength(200);
    expect(plan.every(({ revisions }) => revisions.length === 3)).toBe(true);
  });
});

describe('createRandom', () => {
  it('makes the same stream for the same seed, of valid ids', () => {
    const [one, two, other] = [createRandom(1), createRandom(1), createRandom(2)];
    const ids = Array.from({ length: 1000 }, () => one.uuid());
    expect(Array.from({ length: 1000 }, () => two.uuid())).toEqual(ids);
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(other.uuid()).not.toBe(ids[0]);
  });
});
