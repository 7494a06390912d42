import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import {
  type Database,
  type PageKey,
  type Queries,
  type Schema,
  compiledByShape,
  contains,
  firstRows,
  pageAfter,
} from '../data/index.ts';
import type { PageOrder } from '../data/page.ts';
import type { Viewer } from './viewer.ts';
import type { RoutingListRow } from './views.ts';

/** `createdAt` is the order of creation. */
export const routingOrders = ['createdAt', 'changedAt', 'routingCode', 'name', 'machine', 'status'] as const;
export type RoutingOrder = (typeof routingOrders)[number];

export interface RoutingFilter {
  readonly itemCode?: string | undefined;
  readonly revisionCode?: string | undefined;
  readonly status?: string | undefined;
  readonly machine?: string | undefined;
  readonly owner?: string | undefined;
  /** Part of item code, routing code or name, whatever its case. */
  readonly q?: string | undefined;
  /** ISO 8601 UTC, inclusive. */
  readonly changedSince?: string | undefined;
}

export interface RoutingPageRequest {
  readonly filter: RoutingFilter;
  readonly order: RoutingOrder;
  readonly descending: boolean;
  readonly count: number;
  readonly after?: PageKey | undefined;
}

type Tables = 'Routing' | 'CamRevision';
type RoutingSource = Pick<Database, 'read' | 'dialect'>;
type View = Viewer['view'];

const EQUAL_FILTERS = ['itemCode', 'revisionCode', 'owner', 'machine', 'status'] as const;

/** Where each view takes the columns from in which they differ. */
const COLUMNS = {
  working: {
    name: 'Routing.name',
    machine: 'Routing.machine',
    status: 'Routing.status',
    camRev: 'Routing.workingCamRev',
    changedAt: 'Routing.changedAt',
    changedBy: 'Routing.changedBy',
  },
  floor: {
    name: 'CamRevision.name',
    machine: 'CamRevision.machine',
    status: 'CamRevision.status',
    camRev: 'CamRevision.camRev',
    changedAt: 'CamRevision.releasedAt',
    changedBy: 'CamRevision.releasedBy',
  },
} as const;

/** A page of routings as `view` shows them, in `order` and then by `seq`. */
export function routingPageQuery(source: RoutingSource, view: View, request: RoutingPageRequest) {
  const columns = { ...COLUMNS[view], routingCode: 'Routing.routingCode' } as const;
  const selected = filteredRoutings(source, view, request.filter).select([
    'Routing.seq',
    'Routing.routingId',
    'Routing.itemCode',
    'Routing.revisionCode',
    'Routing.routingCode',
    ref(columns.name).as('name'),
    ref(columns.machine).as('machine'),
    'Routing.owner',
    ref(columns.status).as('status'),
    sql<number>`${sql.ref(columns.camRev)}`.as('camRev'),
    'Routing.releasedCamRev',
    'Routing.isMain',
    ref(columns.changedAt).as('changedAt'),
    ref(columns.changedBy).as('changedBy'),
    'Routing.version',
  ]);
  const { order, descending, after, count } = request;
  const position: PageOrder<Schema, Tables> =
    order === 'createdAt'
      ? { seqColumn: 'Routing.seq', descending }
      : { column: columns[order], seqColumn: 'Routing.seq', descending };
  return firstRows(pageAfter(selected, position, after), count, source.dialect);
}

/** `routingPageQuery`, built once for each view, order and set of filters. */
export const routingPage = compiledByShape<RoutingPageRequest & { readonly view: View }, RoutingListRow>({
  build: (source, { view, ...request }) => routingPageQuery(source, view, request),
  shapeOf: ({ view, order, descending, count, after }) =>
    [view, order, descending, count, after !== undefined].join(' '),
  valuesOf: ({ filter, order, after }) => ({
    ...filter,
    afterSeq: after?.seq,
    afterValue: order === 'createdAt' ? undefined : after?.value,
  }),
  withValues: (request, { afterSeq, afterValue, ...filter }) => ({
    ...request,
    filter: filter as RoutingFilter,
    after: request.after && { seq: Number(afterSeq), value: afterValue },
  }),
});

/** How many routings a list has in all. */
export function routingCountQuery(source: RoutingSource, view: View, filter: RoutingFilter) {
  return filteredRoutings(source, view, filter).select(({ fn }) => fn.countAll<number>().as('count'));
}

function filteredRoutings(
  { read, dialect }: RoutingSource,
  view: View,
  filter: RoutingFilter,
): SelectQueryBuilder<Schema, Tables, object> {
  const columns = COLUMNS[view];
  const { q, changedSince } = filter;
  let query = view === 'floor' ? releasedRoutings(read) : allRoutings(read);
  for (const name of EQUAL_FILTERS) {
    const value = filter[name];
    const column = name === 'machine' || name === 'status' ? columns[name] : (`Routing.${name}` as const);
    if (value !== undefined) query = query.where(sql.ref(column), '=', value);
  }
  if (changedSince !== undefined) {
    query = query.where(sql.ref(columns.changedAt), '>=', changedSince);
  }
  if (q !== undefined) {
    const named = ['Routing.itemCode', 'Routing.routingCode', columns.name] as const;
    query = query.where((eb) => eb.or(named.map((column) => contains(column, q, dialect))));
  }
  return query;
}

function allRoutings(read: Queries): SelectQueryBuilder<Schema, Tables, object> {
  return read.selectFrom('Routing');
}

function releasedRoutings(read: Queries): SelectQueryBuilder<Schema, Tables, object> {
  return read
    .selectFrom('Routing')
    .innerJoin('CamRevision', (join) =>
      join
        .onRef('CamRevision.routingId', '=', 'Routing.routingId')
        .onRef('CamRevision.camRev', '=', 'Routing.releasedCamRev'),
    );
}

function ref(column: string): RawBuilder<string> {
  return sql<string>`${sql.ref(column)}`;
}
