import { randomUUID } from 'node:crypto';
import type { Database } from '../../../../shared/data/index.ts';
import { rowBatches } from '../../../../shared/routings/row-batches.ts';
import { type PlannedRouting, changedAtOf, routingAt } from './plan.ts';

const BY = 'bench';
const AT = changedAtOf(0);
const stamps = { version: 1, createdAt: AT, createdBy: BY, changedAt: AT, changedBy: BY };

/** The items, revisions and routings that the history is about, from routing number `from` up to, not including, `to`. */
export async function writeRoutings(database: Database, from: number, to: number): Promise<void> {
  const routings = Array.from({ length: to - from }, (_, offset) => routingAt(from + offset));
  const before = from === 0 ? undefined : routingAt(from - 1).itemCode;
  const items = [...new Set(routings.map(({ itemCode }) => itemCode))].filter((code) => code !== before);
  await database.transaction(async (trx) => {
    for (const batch of rowBatches(items.map(toItem))) await trx.insertInto('Item').values(batch).execute();
    for (const batch of rowBatches(items.map(toRevision)))
      await trx.insertInto('ItemRevision').values(batch).execute();
    for (const batch of rowBatches(routings.map(toRouting)))
      await trx.insertInto('Routing').values(batch).execute();
  });
}

function toItem(itemCode: string) {
  return { itemId: randomUUID(), itemCode, name: itemCode, description: null, ...stamps };
}

function toRevision(itemCode: string) {
  return {
    itemRevisionId: randomUUID(),
    itemCode,
    revisionCode: 'A',
    description: null,
    createdAt: AT,
    createdBy: BY,
  };
}

function toRouting({ routingId, itemCode, revisionCode, routingCode, camRevs }: PlannedRouting) {
  return {
    routingId,
    itemCode,
    revisionCode,
    routingCode,
    name: `${itemCode} ${routingCode}`,
    machine: 'DMG MORI DMU 50',
    owner: BY,
    status: 'Draft',
    workingCamRev: camRevs,
    releasedCamRev: null,
    isMain: 0,
    ...stamps,
  };
}
