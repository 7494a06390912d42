import { DatabaseSync } from 'node:sqlite';
import type { Compilable } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { type HistoryFilter, camRevisionCountQuery, historyPageQuery } from './repository.ts';

let database: DatabaseSync;
beforeAll(async () => {
  database = new DatabaseSync((await createTestDatabase()).path, { readOnly: true });
});
afterAll(() => database.close());

type Source = Parameters<typeof historyPageQuery>[0];

/** The steps of SQLite's plan. It depends on the text alone: what is bound is not looked at. */
function planOf(build: (source: Source) => Compilable): string[] {
  const { sqlite } = compileBoth((source) => build(source as Source));
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sqlite.sql}`)
    .all(...sqlite.parameters.map(() => 'x'))
    .map(({ detail }) => String(detail));
}

const page = (filter: HistoryFilter, after?: { seq: number; value: string }) =>
  planOf((source) => historyPageQuery(source, { filter, count: 200, after }));

const one = {
  routingId: { routingId: 'r' },
  itemCode: { itemCode: 'i' },
  revision: { itemCode: 'i', revisionCode: 'A' },
  changedBy: { changedBy: 'kim' },
  changeType: { changeType: 'StepChanged' },
  field: { field: 'name' },
  span: { from: '2026-01-01', to: '2027-01-01' },
} satisfies Record<string, HistoryFilter>;

describe('a page of history is read from an index in its order, without sorting', () => {
  it.each<[string, HistoryFilter, string]>([
    ['everything', {}, 'changedAt'],
    ['a span', one.span, 'changedAt'],
    ['a routing', one.routingId, 'routing'],
    ['an item', one.itemCode, 'itemCode'],
    ['a revision', one.revision, 'item'],
    ['a person', one.changedBy, 'changedBy'],
    ['a type', one.changeType, 'changeType'],
    ['a field', one.field, 'field'],
    ['a CAM revision of whatever routing', { camRevFrom: 3, camRevTo: 3 }, 'changedAt'],
    // Of two, the one that leaves less.
    ['a routing and a type', { ...one.routingId, ...one.changeType }, 'routing'],
    ['a routing and a person in a span', { ...one.routingId, ...one.changedBy, ...one.span }, 'routing'],
    ['an item and a field', { ...one.itemCode, ...one.field }, 'itemCode'],
    ['a revision, a person and a type', { ...one.revision, ...one.changedBy, ...one.changeType }, 'item'],
    ['an item and CAM revisions', { ...one.itemCode, camRevFrom: 1, camRevTo: 9 }, 'itemCode'],
  ])('%s', (_what, filter, index) => {
    const plan = new RegExp(`^(SCAN|SEARCH) HistoryEntry USING INDEX IX_HistoryEntry_${index}( |$)`);
    expect(page(filter)).toEqual([expect.stringMatching(plan)]);
    expect(page(filter, { seq: 7, value: '2026-05-01' })).toEqual([expect.stringMatching(plan)]);
  });

  it('but for CAM revisions of a routing: only their entries are read, and sorted', () => {
    expect(page({ ...one.routingId, camRevFrom: 3, camRevTo: 3 })).toEqual([
      expect.stringContaining('IX_HistoryEntry_camRevision (routingId=? AND camRev>? AND camRev<?)'),
      'USE TEMP B-TREE FOR ORDER BY',
    ]);
  });
});

describe('the summary per CAM revision is read from an index alone, already grouped', () => {
  it.each<[string, HistoryFilter, string]>([
    ['a routing', one.routingId, 'camRevision'],
    ['an item', one.itemCode, 'itemCamRevision'],
    ['a revision', one.revision, 'itemCamRevision'],
  ])('of %s', (_what, filter, index) => {
    expect(planOf((source) => camRevisionCountQuery(source, filter))).toEqual([
      expect.stringMatching(
        new RegExp(`^SEARCH HistoryEntry USING COVERING INDEX IX_HistoryEntry_${index} `),
      ),
      'USE TEMP B-TREE FOR ORDER BY',
    ]);
  });
});
