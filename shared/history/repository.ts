import { type SelectQueryBuilder, type Selectable, sql } from 'kysely';
import {
  type Database,
  type HistoryEntryTable,
  type PageKey,
  type Schema,
  compiledByShape,
  firstRows,
  pageAfter,
} from '../data/index.ts';

export type HistoryRow = Selectable<HistoryEntryTable>;
type HistorySource = Pick<Database, 'read' | 'dialect'>;

/** Equality on everything given; times are ISO 8601 UTC. */
export interface HistoryFilter {
  readonly itemCode?: string | undefined;
  readonly revisionCode?: string | undefined;
  readonly routingId?: string | undefined;
  readonly camRevFrom?: number | undefined;
  readonly camRevTo?: number | undefined;
  readonly changeType?: string | undefined;
  readonly field?: string | undefined;
  readonly changedBy?: string | undefined;
  /** Inclusive. */
  readonly from?: string | undefined;
  /** Exclusive, so that adjoining spans share no entry. */
  readonly to?: string | undefined;
}

const EQUAL_COLUMNS = ['itemCode', 'revisionCode', 'routingId', 'changeType', 'field', 'changedBy'] as const;

export interface HistoryPageRequest {
  readonly filter: HistoryFilter;
  readonly count: number;
  readonly after?: PageKey | undefined;
}

/** A page of entries, newest first. */
export function historyPageQuery(source: HistorySource, { filter, count, after }: HistoryPageRequest) {
  const filtered = where(source.read.selectFrom('HistoryEntry').selectAll(), filter);
  const order = { column: 'changedAt', seqColumn: 'seq', descending: true } as const;
  return firstRows(pageAfter(filtered, order, after), count, source.dialect);
}

/** `historyPageQuery`, built once for each set of filters. */
export const historyPage = compiledByShape<HistoryPageRequest, HistoryRow>({
  build: historyPageQuery,
  shapeOf: ({ count, after }) => `${count} ${after !== undefined}`,
  valuesOf: ({ filter, after }) => ({ ...filter, afterSeq: after?.seq, afterValue: after?.value }),
  withValues: (request, { afterSeq, afterValue, ...filter }) => ({
    ...request,
    filter: filter as HistoryFilter,
    after: request.after && { seq: Number(afterSeq), value: afterValue },
  }),
});

/** Entries counted per CAM revision and person: one row of the summary is made of one or more of these. */
export function camRevisionCountQuery(source: HistorySource, filter: HistoryFilter) {
  return where(source.read.selectFrom('HistoryEntry'), filter)
    .where('camRev', 'is not', null)
    .where('routingId', 'is not', null)
    .select(({ fn }) => [
      'itemCode',
      'revisionCode',
      'routingId',
      'camRev',
      'changedBy',
      fn.countAll<number>().as('entries'),
      fn.min('changedAt').as('firstChangedAt'),
      fn.max('changedAt').as('lastChangedAt'),
    ])
    .groupBy(['itemCode', 'revisionCode', 'routingId', 'camRev', 'changedBy'])
    .orderBy('routingId')
    .orderBy('camRev')
    .orderBy(sql`min(${sql.ref('changedAt')})`);
}

function where<O>(
  query: SelectQueryBuilder<Schema, 'HistoryEntry', O>,
  filter: HistoryFilter,
): SelectQueryBuilder<Schema, 'HistoryEntry', O> {
  const { camRevFrom, camRevTo, from, to } = filter;
  let filtered = query;
  for (const column of EQUAL_COLUMNS) {
    const value = filter[column];
    if (value !== undefined) filtered = filtered.where(column, '=', value);
  }
  if (camRevFrom !== undefined) filtered = filtered.where('camRev', '>=', camRevFrom);
  if (camRevTo !== undefined) filtered = filtered.where('camRev', '<=', camRevTo);
  if (from !== undefined) filtered = filtered.where('changedAt', '>=', from);
  if (to !== undefined) filtered = filtered.where('changedAt', '<', to);
  return filtered;
}
