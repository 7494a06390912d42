import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../tests/support/database.ts';
import type { Database } from '../../shared/data/index.ts';
import { camRevision, routing } from '../../shared/routings/contracts.ts';
import { createHistoryService } from '../../shared/history/index.ts';
import { createRoutingService } from '../../shared/routings/index.ts';
import { APPROVERS, ENGINEERS } from './catalogue.ts';
import { countedPlan, demoPlan } from './plan.ts';
import { SEEDED_TABLES } from './rows.ts';
import { emptyDatabase, hasItems, writeShop } from './write.ts';

const NOW = new Date('2026-11-23T08:00:00.000Z');
const viewer = { view: 'working', allowedActions: [] } as const;
const oldestFirst = { order: 'createdAt', descending: false } as const;

let database: Database;
beforeAll(async () => {
  ({ database } = await createTestDatabase());
  await writeShop(database, demoPlan(), { now: NOW });
});

function demo500() {
  const filter = { itemCode: 'DEMO-500', revisionCode: 'A' };
  const request = { filter, ...oldestFirst, count: 500, withCount: true };
  return createRoutingService({ database }).list(viewer, request);
}

async function longRouting() {
  const routings = createRoutingService({ database });
  const request = { filter: { itemCode: 'DEMO-200' }, ...oldestFirst, count: 5, withCount: false };
  const { value } = await routings.list(viewer, request);
  const routingId = value[0]?.routingId ?? '';
  return { value, revisions: await routings.listCamRevisions(viewer, routingId), routingId };
}

describe('the demo shop', () => {
  it('has 200 items with three revisions each', async () => {
    const revisions = await database.read
      .selectFrom('ItemRevision')
      .select(({ fn }) => ['itemCode', fn.countAll<number>().as('count')])
      .groupBy('itemCode')
      .execute();
    expect(revisions).toHaveLength(200);
    expect(revisions.every(({ count }) => count === 3)).toBe(true);
  });

  it('has exactly 500 routings under DEMO-500 A, of every status, at least 100 Drafts', async () => {
    const { value, next, count } = await demo500();
    expect([value.length, next, count]).toEqual([500, undefined, 500]);
    for (const row of value) routing.parse(row);
    const statuses = value.map(({ status }) => status);
    expect(new Set(statuses).size).toBe(6);
    expect(statuses.filter((status) => status === 'Draft').length).toBeGreaterThanOrEqual(100);
    expect(value.filter(({ isMain }) => isMain)).toHaveLength(1);
  });

  it('has one routing with 200 CAM revisions under DEMO-200 A, released one after the other', async () => {
    const { value, revisions } = await longRouting();
    expect(value).toMatchObject([{ revisionCode: 'A', camRev: 200, status: 'Draft', releasedCamRev: 199 }]);
    expect(revisions.map(({ camRev }) => camRev)).toEqual(
      Array.from({ length: 200 }, (_, index) => 200 - index),
    );
    for (const revision of revisions) camRevision.parse(revision);
    const statuses = revisions.map(({ status }) => status);
    expect(statuses.slice(0, 2)).toEqual(['Draft', 'Released']);
    expect(new Set(statuses.slice(2))).toEqual(new Set(['Superseded']));
  });

  it('has a history that leads to what is there', async () => {
    const { value, routingId } = await longRouting();
    const entries = await createHistoryService({ database }).list({ filter: { routingId }, count: 5000 });
    const [newest, oldest] = [entries.value[0], entries.value.at(-1)];
    expect(oldest?.changeType).toBe('RoutingCreated');
    expect(newest).toMatchObject({ changedAt: value[0]?.changedAt, changedBy: value[0]?.changedBy });
    expect(value[0]?.version).toBe(entries.value.length);

    const fields = new Map<string, string | null>();
    for (const entry of entries.value.toReversed()) {
      const key = entry.field === 'status' ? `${entry.camRev} status` : String(entry.field);
      if (fields.has(key)) expect([key, entry.previousValue]).toEqual([key, fields.get(key)]);
      fields.set(key, entry.currentValue);
    }
    const detail = await createRoutingService({ database }).get(viewer, routingId);
    for (const step of detail.steps) {
      for (const field of ['toolInformation', 'notes'] as const) {
        const told = fields.get(`steps[${step.sequence}].${field}`);
        if (told !== undefined) expect([field, step[field]]).toEqual([field, told]);
      }
    }
  });

  it('keeps every routing in step with its CAM revisions', async () => {
    const rows = await database.read.selectFrom('Routing').selectAll().execute();
    const revisions = await database.read.selectFrom('CamRevision').selectAll().execute();
    const byRouting = Map.groupBy(revisions, ({ routingId }) => routingId);
    for (const row of rows) {
      const own = byRouting.get(row.routingId) ?? [];
      const working = own.find(({ camRev }) => camRev === row.workingCamRev);
      expect([own.length, working?.status]).toEqual([row.workingCamRev, row.status]);
      const released = own.filter(({ status }) => status === 'Released').map(({ camRev }) => camRev);
      expect(released).toEqual(row.releasedCamRev === null ? [] : [row.releasedCamRev]);
    }
  });

  it('has nobody approve what they wrote, and times that go forward up to now', async () => {
    const revisions = await database.read.selectFrom('CamRevision').selectAll().execute();
    for (const { createdBy, approvedBy, releasedBy, ...times } of revisions) {
      expect(ENGINEERS).toContain(createdBy);
      for (const by of [approvedBy, releasedBy]) if (by !== null) expect(APPROVERS).toContain(by);
      const order = [
        times.createdAt,
        times.submittedAt,
        times.approvedAt,
        times.releasedAt,
        NOW.toISOString(),
      ];
      const known = order.filter((time) => time !== null);
      expect(known).toEqual(known.toSorted());
    }
    expect(ENGINEERS.filter((name) => (APPROVERS as readonly string[]).includes(name))).toEqual([]);
  });
});

describe('a counted shop', () => {
  const counts = { items: 10, routings: 40, camRevs: 90, history: 1500 };
  const options = { now: NOW, rowsPerTransaction: 400 };

  it('has as many rows as asked for, whatever a transaction takes, and can be emptied', async () => {
    const counted = await createTestDatabase();
    expect(await hasItems(counted.database)).toBe(false);
    expect(await writeShop(counted.database, countedPlan(counts), options)).toMatchObject({
      Item: 10,
      ItemRevision: 30,
      Routing: 40,
      CamRevision: 90,
      HistoryEntry: 1500,
    });
    expect(await hasItems(counted.database)).toBe(true);
    await emptyDatabase(counted.database);
    expect(await hasItems(counted.database)).toBe(false);
  });

  it('is the same shop every time', async () => {
    const [one, two] = [await createTestDatabase(), await createTestDatabase()];
    for (const { database: same } of [one, two]) await writeShop(same, countedPlan(counts), options);
    for (const table of SEEDED_TABLES) {
      const [left, right] = await Promise.all(
        [one, two].map(async ({ database: { read } }) =>
          (await read.selectFrom(table).selectAll().orderBy('seq').execute()).map(withoutSeq),
        ),
      );
      expect([table, right]).toEqual([table, left]);
    }
  });
});

/** Where a database begins to count is its own affair. */
function withoutSeq({ seq: _seq, ...row }: { readonly seq: number }): object {
  return row;
}
