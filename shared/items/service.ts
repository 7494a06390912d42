import { randomUUID } from 'node:crypto';
import { type Database, type PageKey, type Queries, cutPage, isUniqueViolation } from '../data/index.ts';
import { type Change, type HistoryFact, recordHistory } from '../history/index.ts';
import type {
  ChangeItemRequest,
  CreateItemRequest,
  CreateRevisionRequest,
  Item,
  ItemDetail,
  ItemRevision,
} from './contracts.ts';
import { ItemError, itemNotFound, itemStale } from './errors.ts';
import {
  type ItemPageRequest,
  type ItemRevisionRow,
  type ItemRow,
  findItem,
  itemPageQuery,
  listRevisions,
} from './repository.ts';

export interface ItemPage {
  readonly value: Item[];
  /** Position after the last item; undefined on the last page. */
  readonly next?: Required<PageKey> | undefined;
}

/** `expectedVersion` undefined means: whatever is there. All but the reads write history with the change. */
export interface ItemService {
  /** By code. */
  list(request: ItemPageRequest): Promise<ItemPage>;
  /** @throws {ItemError} `item-not-found` */
  get(itemCode: string): Promise<ItemDetail>;
  /** @throws {ItemError} `item-exists` */
  create(request: CreateItemRequest, change: Change): Promise<ItemDetail>;
  /** Changing nothing keeps the version. @throws {ItemError} `item-not-found`, `precondition-failed` */
  change(
    itemCode: string,
    request: ChangeItemRequest,
    options: { change: Change; expectedVersion: number | undefined },
  ): Promise<ItemDetail>;
  /** @throws {ItemError} `item-not-found`, `revision-exists`, `precondition-failed` */
  addRevision(
    itemCode: string,
    request: CreateRevisionRequest,
    options: { change: Change; expectedVersion: number | undefined },
  ): Promise<ItemRevision>;
}

export function createItemService({ database }: { database: Database }): ItemService {
  const get = async (itemCode: string): Promise<ItemDetail> => {
    const row = await findItem(database.read, itemCode);
    if (!row) throw itemNotFound(itemCode);
    const revisions = await listRevisions(database.read, itemCode);
    return { ...toItem(row), revisions: revisions.map(toRevision) };
  };

  return {
    get,
    list: async (request) => {
      const rows = await itemPageQuery(database, { ...request, count: request.count + 1 }).execute();
      const { shown, last } = cutPage(rows, request.count);
      return { value: shown.map(toItem), next: last && { seq: last.seq, value: last.itemCode } };
    },
    create: async (request, change) => {
      await orExists(
        database.transaction((trx) => insertItem(trx, request, change)),
        () => new ItemError('item-exists', `There is an item ${request.itemCode} already.`),
      );
      return await get(request.itemCode);
    },
    change: async (itemCode, request, { change, expectedVersion }) => {
      await database.transaction((trx) => changeItem(trx, itemCode, { request, change, expectedVersion }));
      return await get(itemCode);
    },
    addRevision: async (itemCode, request, { change, expectedVersion }) => {
      const { revisionCode, description = null } = request;
      await orExists(
        database.transaction((trx) => insertRevision(trx, itemCode, { request, change, expectedVersion })),
        () => new ItemError('revision-exists', `Item ${itemCode} has a revision ${revisionCode} already.`),
      );
      return { itemCode, revisionCode, description, createdAt: change.at, createdBy: change.by };
    },
  };
}

async function orExists(work: Promise<void>, refusal: () => ItemError): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw isUniqueViolation(error) ? refusal() : error;
  }
}

function toItem({ seq: _seq, itemId: _itemId, ...row }: ItemRow): Item {
  return row;
}

function toRevision({ seq: _seq, itemRevisionId: _itemRevisionId, ...row }: ItemRevisionRow): ItemRevision {
  return row;
}

async function insertItem(trx: Queries, request: CreateItemRequest, change: Change): Promise<void> {
  await trx
    .insertInto('Item')
    .values({
      itemId: randomUUID(),
      itemCode: request.itemCode,
      name: request.name,
      description: request.description ?? null,
      version: 1,
      createdAt: change.at,
      createdBy: change.by,
      changedAt: change.at,
      changedBy: change.by,
    })
    .execute();
  await recordHistory(trx, change, [
    { itemCode: request.itemCode, changeType: 'ItemCreated', currentValue: request.name },
  ]);
}

interface Write<Request> {
  readonly request: Request;
  readonly change: Change;
  readonly expectedVersion: number | undefined;
}

async function changeItem(
  trx: Queries,
  itemCode: string,
  { request, change, expectedVersion }: Write<ChangeItemRequest>,
): Promise<void> {
  const row = await findItem(trx, itemCode);
  if (!row) throw itemNotFound(itemCode);
  if (expectedVersion !== undefined && row.version !== expectedVersion) throw itemStale(row.version);
  const facts = (['name', 'description'] as const).flatMap((field): HistoryFact[] => {
    const currentValue = request[field];
    if (currentValue === undefined || currentValue === row[field]) return [];
    return [{ itemCode, changeType: 'ItemChanged', field, previousValue: row[field], currentValue }];
  });
  if (facts.length === 0) return;
  await touchItem(trx, itemCode, { change, expectedVersion: row.version });
  await trx
    .updateTable('Item')
    .set({
      name: request.name ?? row.name,
      description: request.description === undefined ? row.description : request.description,
    })
    .where('itemCode', '=', itemCode)
    .execute();
  await recordHistory(trx, change, facts);
}

async function insertRevision(
  trx: Queries,
  itemCode: string,
  { request, change, expectedVersion }: Write<CreateRevisionRequest>,
): Promise<void> {
  await touchItem(trx, itemCode, { change, expectedVersion });
  await trx
    .insertInto('ItemRevision')
    .values({
      itemRevisionId: randomUUID(),
      itemCode,
      revisionCode: request.revisionCode,
      description: request.description ?? null,
      createdAt: change.at,
      createdBy: change.by,
    })
    .execute();
  await recordHistory(trx, change, [
    {
      itemCode,
      revisionCode: request.revisionCode,
      changeType: 'RevisionCreated',
      currentValue: request.revisionCode,
    },
  ]);
}

/**
 * Counts the version up and notes who changed the item. Updating before reading takes the row's lock first, so two changes of one
 * item follow each other on either engine.
 */
async function touchItem(
  trx: Queries,
  itemCode: string,
  { change, expectedVersion }: { change: Change; expectedVersion: number | undefined },
): Promise<void> {
  const result = await trx
    .updateTable('Item')
    .set((eb) => ({ version: eb('version', '+', 1), changedAt: change.at, changedBy: change.by }))
    .where('itemCode', '=', itemCode)
    .$if(expectedVersion !== undefined, (query) => query.where('version', '=', expectedVersion ?? 0))
    .executeTakeFirst();
  if (Number(result.numUpdatedRows) === 1) return;
  const row = await findItem(trx, itemCode);
  throw row ? itemStale(row.version) : itemNotFound(itemCode);
}
