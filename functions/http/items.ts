import { z } from 'zod';
import { changeBy } from '../../shared/history/index.ts';
import {
  type Route,
  defineRoute,
  expectedVersion,
  page,
  pageOf,
  skipToken,
  text,
  top,
  versionTag,
} from '../../shared/http/index.ts';
import {
  changeItemRequest,
  createItemRequest,
  createRevisionRequest,
  item,
  itemDetail,
  itemRevision,
} from '../../shared/items/contracts.ts';
import { createItemService } from '../../shared/items/index.ts';
import type { AppDeps } from '../deps.ts';

const position = z.strictObject({ seq: z.int().min(0), value: z.string().max(64) });
const params = z.strictObject({ itemCode: text(64) });
const READERS = { roles: ['Mcms.Reader'] } as const;
const WRITERS = { roles: ['Mcms.Engineer'] } as const;
const tags = ['Items'];

/** Items and their revisions. */
export function itemRoutes({ database }: Pick<AppDeps, 'database'>): Route[] {
  const items = createItemService({ database });
  return [
    defineRoute({
      name: 'items-list',
      method: 'GET',
      path: 'items',
      operation: 'item.read',
      summary: 'List items by code',
      tags,
      access: READERS,
      query: z.strictObject({
        q: text(200).optional(),
        top: top(500, 200),
        skipToken: skipToken(position).optional(),
      }),
      responses: { 200: { description: 'A page of items', schema: pageOf(item) } },
      handler: async ({ query: { q, top: count, skipToken: after }, request }) => ({
        status: 200,
        body: page(request.url, await items.list({ q, count, after })),
      }),
    }),
    defineRoute({
      name: 'items-create',
      method: 'POST',
      path: 'items',
      operation: 'item.write',
      summary: 'Create an item',
      tags,
      access: WRITERS,
      body: createItemRequest,
      responses: { 201: { description: 'The item', schema: itemDetail } },
      problems: { 409: 'There is an item with this code' },
      handler: async ({ body, principal, clock, traceId, request }) => {
        const created = await items.create(body, changeBy(principal, { at: clock.now(), traceId }));
        const location = `${request.url.pathname}/${encodeURIComponent(created.itemCode)}`;
        return {
          status: 201,
          body: created,
          etag: versionTag(created.version),
          headers: { Location: location },
        };
      },
    }),
    defineRoute({
      name: 'items-get',
      method: 'GET',
      path: 'items/{itemCode}',
      operation: 'item.read',
      summary: 'Read an item with its revisions',
      tags,
      access: READERS,
      params,
      responses: { 200: { description: 'The item', schema: itemDetail } },
      problems: { 404: 'There is no such item' },
      handler: async ({ params: { itemCode } }) => {
        const found = await items.get(itemCode);
        return { status: 200, body: found, etag: versionTag(found.version) };
      },
    }),
    defineRoute({
      name: 'items-change',
      method: 'PATCH',
      path: 'items/{itemCode}',
      operation: 'item.write',
      summary: 'Change name or description of an item',
      tags,
      access: WRITERS,
      requiresIfMatch: true,
      params,
      body: changeItemRequest,
      responses: { 200: { description: 'The item', schema: itemDetail } },
      problems: { 404: 'There is no such item' },
      handler: async ({ params: { itemCode }, body, principal, clock, traceId, request }) => {
        const changed = await items.change(itemCode, body, {
          change: changeBy(principal, { at: clock.now(), traceId, comment: body.comment }),
          expectedVersion: expectedVersion(request.ifMatch),
        });
        return { status: 200, body: changed, etag: versionTag(changed.version) };
      },
    }),
    defineRoute({
      name: 'items-add-revision',
      method: 'POST',
      path: 'items/{itemCode}/revisions',
      operation: 'item.write',
      summary: 'Add a revision to an item',
      description: '`If-Match` is optional here: a revision changes nothing that was read.',
      tags,
      access: WRITERS,
      params,
      body: createRevisionRequest,
      responses: { 201: { description: 'The revision', schema: itemRevision } },
      problems: { 404: 'There is no such item', 409: 'The item has a revision with this code' },
      handler: async ({ params: { itemCode }, body, principal, clock, traceId, request }) => ({
        status: 201,
        body: await items.addRevision(itemCode, body, {
          change: changeBy(principal, { at: clock.now(), traceId }),
          expectedVersion: expectedVersion(request.ifMatch),
        }),
        headers: { Location: request.url.pathname.replace(/\/revisions$/, '') },
      }),
    }),
  ];
}
