import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Database, ItemTable, StoredFileTable } from '../../../shared/data/index.ts';
import type { Change } from '../../../shared/history/index.ts';
import { createItemService } from '../../../shared/items/index.ts';
import { createRoutingService } from '../../../shared/routings/index.ts';

export const AT = '2026-03-02T08:00:00.000Z';
export const CHANGE: Change = { by: 'kim', kind: 'user', at: AT };
export const VIEWER = { view: 'working', allowedActions: [] } as const;
/** Whatever version is there. */
export const ANY = undefined;

/** A row of StoredFile, the smallest table, told apart by a number. */
export function stored(
  number: number,
  given: Partial<Insertable<StoredFileTable>> = {},
): Insertable<StoredFileTable> {
  return { sha256: number.toString(16).padStart(64, '0'), sizeBytes: number, storedAt: AT, ...given };
}

export function itemRow(itemCode: string, given: Partial<Insertable<ItemTable>> = {}): Insertable<ItemTable> {
  return {
    itemId: randomUUID(),
    itemCode,
    name: itemCode,
    description: null,
    version: 1,
    createdAt: AT,
    createdBy: 'kim',
    changedAt: AT,
    changedBy: 'kim',
    ...given,
  };
}

/** Writes items past the service, one after the other. */
export async function putItems(database: Database, rows: readonly Insertable<ItemTable>[]): Promise<void> {
  await database.transaction(async (trx) => {
    for (const row of rows) await trx.insertInto('Item').values(row).execute();
  });
}

/** A routing R1 of item P-1, revision A; its id. */
export async function makeRouting(
  database: Database,
  given: { readonly name?: string; readonly routingCode?: string } = {},
): Promise<string> {
  const items = createItemService({ database });
  await items.create({ itemCode: 'P-1', name: 'Bracket' }, CHANGE);
  await items.addRevision('P-1', { revisionCode: 'A' }, { change: CHANGE, expectedVersion: ANY });
  const { routingId } = await createRoutingService({ database }).create(
    VIEWER,
    {
      itemCode: 'P-1',
      revisionCode: 'A',
      routingCode: 'R1',
      name: 'Milling',
      machine: 'M1',
      steps: [{ sequence: 10, machine: 'M1', processDescription: 'Face top' }],
      ...given,
    },
    CHANGE,
  );
  return routingId;
}
