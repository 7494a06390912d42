import { z } from 'zod';
import { changeBy } from '../../shared/history/index.ts';
import { type Route, defineRoute, page, pageOf, queryInteger } from '../../shared/http/index.ts';
import {
  camRevision,
  camRevisionDetail,
  changeRoutingRequest,
  createRoutingRequest,
  routing,
  routingDetail,
} from '../../shared/routings/contracts.ts';
import { type RoutingService, createRoutingService, viewerOf } from '../../shared/routings/index.ts';
import { annotate } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { pageTag, routingListQuery, toPageRequest } from './routing-list.ts';
import { expectedRoutingVersion, routingTag } from './routing-tag.ts';

const routingId = z.uuid().toLowerCase();
const params = z.strictObject({ routingId });
const tags = ['Routings'];
const READERS = { roles: ['Mcms.Reader', 'Mcms.Machinist'] } as const;
const WRITERS = { roles: ['Mcms.Engineer'] } as const;
const NOT_FOUND = { 404: 'There is none, or none the caller may know of' } as const;
/** What is shown depends on the caller's roles. */
const headers = { Vary: 'Authorization' } as const;

/** Routings and their CAM revisions. */
export function routingRoutes({ database }: Pick<AppDeps, 'database'>): Route[] {
  const routings = createRoutingService({ database });
  return [...listRoutes(routings), ...writeRoutes(routings), ...camRevisionRoutes(routings)];
}

function listRoutes(routings: RoutingService): Route[] {
  return [
    defineRoute({
      name: 'routings-list',
      method: 'GET',
      path: 'routings',
      operation: 'routing.list',
      summary: 'List routings',
      description:
        'Machinists are shown released routings only, as their released CAM revision. `q` looks into item code, routing code and name.',
      tags,
      access: READERS,
      query: routingListQuery,
      responses: { 200: { description: 'A page of routings', schema: pageOf(routing) } },
      handler: async ({ query, principal, request }) => {
        const viewer = viewerOf(principal);
        const asked = toPageRequest(query);
        if (query.itemCode !== undefined) annotate({ itemId: query.itemCode });
        const found = await routings.list(viewer, asked);
        const { order, descending } = asked;
        const next = found.next && { ...found.next, order, descending };
        return {
          status: 200,
          body: page(request.url, { ...found, next }),
          etag: pageTag(viewer, found),
          headers,
        };
      },
    }),
    defineRoute({
      name: 'routings-get',
      method: 'GET',
      path: 'routings/{routingId}',
      operation: 'routing.read',
      summary: 'Read a routing with steps, files and last command',
      tags,
      access: READERS,
      params,
      responses: { 200: { description: 'The routing', schema: routingDetail } },
      problems: NOT_FOUND,
      handler: async ({ params: { routingId: id }, principal }) => {
        const found = await routings.get(viewerOf(principal), id);
        annotate({ itemId: found.itemCode, camRev: found.camRev });
        return { status: 200, body: found, etag: routingTag(found), headers };
      },
    }),
  ];
}

function writeRoutes(routings: RoutingService): Route[] {
  return [
    defineRoute({
      name: 'routings-create',
      method: 'POST',
      path: 'routings',
      operation: 'routing.write',
      summary: 'Create a routing',
      description: 'It starts with CAM revision 1, a Draft owned by the caller.',
      tags,
      access: WRITERS,
      body: createRoutingRequest,
      responses: { 201: { description: 'The routing', schema: routingDetail } },
      problems: {
        409: 'The item revision has a routing with this code',
        422: 'There is no such item revision',
      },
      handler: async ({ body, principal, clock, traceId, request }) => {
        annotate({ itemId: body.itemCode, camRev: 1 });
        const change = changeBy(principal, { at: clock.now(), traceId });
        const created = await routings.create(viewerOf(principal), body, change);
        const location = { Location: `${request.url.pathname}/${created.routingId}` };
        return { status: 201, body: created, etag: routingTag(created), headers: location };
      },
    }),
    defineRoute({
      name: 'routings-change',
      method: 'PATCH',
      path: 'routings/{routingId}',
      operation: 'routing.write',
      summary: 'Change a routing',
      description:
        'When the working CAM revision is no longer a Draft, the change starts the next one as a copy. `steps` replaces the whole list.',
      tags,
      access: WRITERS,
      requiresIfMatch: true,
      params,
      body: changeRoutingRequest,
      responses: { 200: { description: 'The routing', schema: routingDetail } },
      problems: NOT_FOUND,
      handler: async ({ params: { routingId: id }, body, principal, clock, traceId, request }) => {
        const changed = await routings.change(viewerOf(principal), id, {
          request: body,
          change: changeBy(principal, { at: clock.now(), traceId, comment: body.comment }),
          expectedVersion: expectedRoutingVersion(request.ifMatch),
        });
        annotate({ itemId: changed.itemCode, camRev: changed.camRev });
        return { status: 200, body: changed, etag: routingTag(changed) };
      },
    }),
  ];
}

function camRevisionRoutes(routings: RoutingService): Route[] {
  return [
    defineRoute({
      name: 'cam-revisions-list',
      method: 'GET',
      path: 'routings/{routingId}/cam-revisions',
      operation: 'routing.read',
      summary: 'List the CAM revisions of a routing, newest first',
      tags,
      access: READERS,
      params,
      responses: { 200: { description: 'The CAM revisions', schema: pageOf(camRevision) } },
      problems: NOT_FOUND,
      handler: async ({ params: { routingId: id }, principal }) => ({
        status: 200,
        body: { value: await routings.listCamRevisions(viewerOf(principal), id) },
        headers,
      }),
    }),
    defineRoute({
      name: 'cam-revisions-get',
      method: 'GET',
      path: 'routings/{routingId}/cam-revisions/{camRev}',
      operation: 'routing.read',
      summary: 'Read a CAM revision: the routing as it was',
      tags,
      access: READERS,
      params: z.strictObject({ routingId, camRev: queryInteger(1, 2_147_483_647) }),
      responses: { 200: { description: 'The CAM revision', schema: camRevisionDetail } },
      problems: NOT_FOUND,
      handler: async ({ params: { routingId: id, camRev }, principal }) => {
        const found = await routings.getCamRevision(viewerOf(principal), id, camRev);
        annotate({ itemId: found.itemCode, camRev });
        return { status: 200, body: found, headers };
      },
    }),
  ];
}
