import type { Selectable } from 'kysely';
import {
  type Database,
  type ItemRevisionTable,
  type ItemTable,
  type PageKey,
  type Queries,
  contains,
  firstRows,
  pageAfter,
} from '../data/index.ts';

export type ItemRow = Selectable<ItemTable>;
export type ItemRevisionRow = Selectable<ItemRevisionTable>;
type ItemSource = Pick<Database, 'read' | 'dialect'>;

export interface ItemPageRequest {
  /** Part of code or name, whatever its case. */
  readonly q?: string | undefined;
  readonly count: number;
  readonly after?: PageKey | undefined;
}

/** A page of items by code. */
export function itemPageQuery(source: ItemSource, { q, count, after }: ItemPageRequest) {
  let query = source.read.selectFrom('Item').selectAll();
  if (q !== undefined) {
    const named = ['Item.itemCode', 'Item.name'] as const;
    query = query.where((eb) => eb.or(named.map((column) => contains(column, q, source.dialect))));
  }
  const order = { column: 'itemCode', seqColumn: 'seq', descending: false } as const;
  return firstRows(pageAfter(query, order, after), count, source.dialect);
}

export function findItem(queries: Queries, itemCode: string): Promise<ItemRow | undefined> {
  return queries.selectFrom('Item').selectAll().where('itemCode', '=', itemCode).executeTakeFirst();
}

export function listRevisions(queries: Queries, itemCode: string): Promise<ItemRevisionRow[]> {
  return queries
    .selectFrom('ItemRevision')
    .selectAll()
    .where('itemCode', '=', itemCode)
    .orderBy('revisionCode')
    .execute();
}

/** Whether an item revision is there, for areas that hang something on it. */
export async function itemRevisionExists(
  queries: Queries,
  { itemCode, revisionCode }: { itemCode: string; revisionCode: string },
): Promise<boolean> {
  const found = await queries
    .selectFrom('ItemRevision')
    .select('seq')
    .where('itemCode', '=', itemCode)
    .where('revisionCode', '=', revisionCode)
    .executeTakeFirst();
  return found !== undefined;
}
