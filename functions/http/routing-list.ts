import { createHash } from 'node:crypto';
import { z } from 'zod';
import { fieldInvalid, instant, queryBoolean, skipToken, text, top } from '../../shared/http/index.ts';
import { routingStatuses } from '../../shared/routings/contracts.ts';
import {
  type RoutingPage,
  type RoutingPageRequest,
  type Viewer,
  routingOrders,
} from '../../shared/routings/index.ts';

/** `changedAt`, `changedAt asc`, `changedAt desc`, … */
const orderings = routingOrders.flatMap((order) => [order, `${order} asc`, `${order} desc`] as const);

/** A position is only good for the ordering it was made in. */
const position = z.strictObject({
  seq: z.int().min(0),
  order: z.enum(routingOrders),
  descending: z.boolean(),
  value: z.string().max(200).optional(),
});

export const routingListQuery = z.strictObject({
  itemCode: text(64).optional(),
  revisionCode: text(16).optional(),
  status: z.enum(routingStatuses).optional(),
  machine: text(100).optional(),
  owner: text(200).optional(),
  q: text(200).optional(),
  changedSince: instant().optional(),
  orderBy: z.enum(orderings).default('createdAt'),
  top: top(500, 200),
  skipToken: skipToken(position).optional(),
  count: queryBoolean().default(false),
});
export type RoutingListQuery = z.infer<typeof routingListQuery>;

/**
 * What the query asks the service for.
 * @throws {HttpError} `input-invalid` for a `skipToken` made in another ordering.
 */
export function toPageRequest(query: RoutingListQuery): RoutingPageRequest & { readonly withCount: boolean } {
  const { orderBy, top: count, skipToken: token, count: withCount, changedSince, ...equal } = query;
  const order = routingOrders.find((name) => orderBy.startsWith(name)) ?? 'createdAt';
  const descending = orderBy.endsWith(' desc');
  if (token && !fits(token, order, descending)) {
    throw fieldInvalid('skipToken', 'is a token of this list in another order');
  }
  const filter = { ...equal, changedSince: changedSince?.toISOString() };
  const after = token && { seq: token.seq, ...(token.value === undefined ? {} : { value: token.value }) };
  return { filter, order, descending, count, after, withCount };
}

function fits(
  token: z.infer<typeof position>,
  order: RoutingPageRequest['order'],
  descending: boolean,
): boolean {
  if (token.order !== order || token.descending !== descending) return false;
  if (order === 'changedAt') return z.iso.datetime({ precision: 3 }).safeParse(token.value).success;
  return (token.value === undefined) === (order === 'createdAt');
}

/**
 * Entity tag of a page: a row's version stands for all that a list shows of it, so 500 rows need not be written out to be told
 * apart from what a caller has.
 */
export function pageTag({ view }: Viewer, { value, next, count }: RoutingPage): string {
  const rows = value.map(({ routingId, version }) => `${routingId} ${version}`);
  const text = [view, next?.seq, next?.value, count, ...rows].join('\n');
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}
