import { z } from 'zod';
import {
  camRevisionSummary,
  changeTypes,
  createHistoryService,
  historyEntry,
} from '../../shared/history/index.ts';
import {
  type Route,
  defineRoute,
  inputInvalid,
  instant,
  page,
  pageOf,
  queryInteger,
  skipToken,
  text,
  top,
} from '../../shared/http/index.ts';
import { annotate } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';

const MAX_CAM_REV = 2_147_483_647;

const subject = {
  itemCode: text(64).optional(),
  revisionCode: text(16).optional(),
  routingId: z.uuid().toLowerCase().optional(),
};
const position = z.strictObject({ seq: z.int().min(0), value: z.iso.datetime({ precision: 3 }) });

/** The append-only record of changes. */
export function historyRoutes({ database }: Pick<AppDeps, 'database'>): Route[] {
  const history = createHistoryService({ database });
  const facts = { method: 'GET', tags: ['History'], access: { roles: ['Mcms.Reader'] } } as const;
  return [
    defineRoute({
      ...facts,
      name: 'history-list',
      path: 'history',
      operation: 'history.list',
      summary: 'List changes, newest first',
      description: '`from` is inclusive and `to` exclusive, so that adjoining spans share no entry.',
      query: z.strictObject({
        ...subject,
        camRevFrom: queryInteger(1, MAX_CAM_REV).optional(),
        camRevTo: queryInteger(1, MAX_CAM_REV).optional(),
        changeType: z.enum(changeTypes).optional(),
        field: text(100).optional(),
        changedBy: text(200).optional(),
        from: instant().optional(),
        to: instant().optional(),
        top: top(1000, 200),
        skipToken: skipToken(position).optional(),
      }),
      responses: { 200: { description: 'A page of entries', schema: pageOf(historyEntry) } },
      handler: async ({ query, request }) => {
        annotateSubject(query);
        const { top: count, skipToken: after, from, to, ...equal } = query;
        const filter = { ...equal, from: from?.toISOString(), to: to?.toISOString() };
        return { status: 200, body: page(request.url, await history.list({ filter, count, after })) };
      },
    }),
    defineRoute({
      ...facts,
      name: 'history-cam-revisions',
      path: 'history/cam-revisions',
      operation: 'history.summary',
      summary: 'Summarize changes, one row per CAM revision',
      description: 'Asks for a routing or an item.',
      query: z.strictObject(subject),
      responses: { 200: { description: 'The CAM revisions', schema: pageOf(camRevisionSummary) } },
      handler: async ({ query }) => {
        annotateSubject(query);
        if (query.routingId === undefined && query.itemCode === undefined) {
          const message = 'give routingId or itemCode';
          throw inputInvalid([
            { path: 'routingId', message },
            { path: 'itemCode', message },
          ]);
        }
        return { status: 200, body: { value: await history.summarize(query) } };
      },
    }),
  ];
}

function annotateSubject({ itemCode }: { itemCode?: string | undefined }): void {
  if (itemCode !== undefined) annotate({ itemId: itemCode });
}
