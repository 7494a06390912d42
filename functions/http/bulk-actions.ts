import * as df from 'durable-functions';
import { z } from 'zod';
import {
  bulkActionItem,
  bulkActionItems,
  bulkActionNames,
  bulkActionView,
  bulkItemResults,
  commandFilterFields,
  prepareBulkAction,
  readBulkAction,
  runBulkActions,
  startBulkAction,
  stopBulkAction,
} from '../../shared/cam-commands/index.ts';
import { type Route, defineRoute, page, pageOf, skipToken, text, top } from '../../shared/http/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import type { AppDeps } from '../deps.ts';
import { outboxTargets } from '../outbox-targets.ts';
import { keyedId } from '../keyed-id.ts';

/** Done while the caller waits; the timer does the rest. */
const FIRST_PORTION = 20;

const params = z.strictObject({ bulkActionId: z.uuid().toLowerCase() });
/** Its length leaves room for the id of the bulk action, which is put behind it in the history of each command. */
const reason = text(900, { multiline: true });
const turn = z.strictObject({ reason: reason.optional() }).optional();
const prepare = z.strictObject({
  action: z.enum(bulkActionNames),
  filter: z
    .strictObject({
      ...commandFilterFields,
      open: z.boolean().optional(),
      priority: z.int().min(0).max(9).optional(),
    })
    .describe('As of `GET /commands`.'),
  reason,
});

const view = { description: 'The bulk action', schema: bulkActionView } as const;
const problems = { 404: 'There is no such bulk action.' } as const;
const finished = { ...problems, 409: 'The bulk action has come to its end.' } as const;

/** Retrying or cancelling many commands: counted first, then started, with a result for each. */
export function bulkActionRoutes(deps: AppDeps): Route[] {
  const facts = { tags: ['Bulk actions'], access: { roles: ['Mcms.Operator'] } } as const;
  return [
    defineRoute({
      ...facts,
      name: 'bulk-actions-prepare',
      method: 'POST',
      path: 'bulk-actions',
      operation: 'bulk.write',
      summary: 'Prepare a retry or cancellation of many commands',
      description:
        'Counts and fixes the commands that match the filter and are in a state that the action fits (retry: Failed, Cancelled, Retrying; cancel: Queued, Dispatched, Running, Retrying), at most 10,000. Nothing is done to them before `/start`.',
      body: prepare,
      responses: { 201: { ...view, headers: { Location: 'Address of the bulk action.' } } },
      problems: { 422: 'The filter matches more than 10,000 commands.' },
      async handler({ body, principal, request }) {
        const prepared = await prepareBulkAction(deps, {
          ...body,
          principal,
          bulkActionId: keyedId(principal, request),
        });
        const headers = { Location: `/api/bulk-actions/${prepared.bulkActionId}` };
        return { status: 201, headers, body: prepared };
      },
    }),
    defineRoute({
      ...facts,
      name: 'bulk-actions-get',
      method: 'GET',
      path: 'bulk-actions/{bulkActionId}',
      operation: 'bulk.read',
      summary: 'Read the state of a bulk action',
      params,
      responses: { 200: view },
      problems,
      handler: async ({ params: { bulkActionId } }) => ({
        status: 200,
        body: await readBulkAction(deps, bulkActionId),
      }),
    }),
    defineRoute({
      ...facts,
      name: 'bulk-actions-items',
      method: 'GET',
      path: 'bulk-actions/{bulkActionId}/items',
      operation: 'bulk.read',
      summary: 'List what came of each command of a bulk action',
      params,
      query: z.strictObject({
        result: z.enum(bulkItemResults).optional(),
        top: top(500, 100),
        skipToken: skipToken(z.strictObject({ seq: z.int().min(0) })).optional(),
      }),
      responses: { 200: { description: 'A page of results', schema: pageOf(bulkActionItem) } },
      problems,
      async handler({ params: { bulkActionId }, query: { top: count, skipToken: after, result }, request }) {
        const wanted = { top: count, after, result };
        return { status: 200, body: page(request.url, await bulkActionItems(deps, bulkActionId, wanted)) };
      },
    }),
    defineRoute({
      ...facts,
      name: 'bulk-actions-start',
      method: 'POST',
      path: 'bulk-actions/{bulkActionId}/start',
      operation: 'bulk.run',
      summary: 'Start a bulk action, or go on with one that was stopped',
      description: 'The answer comes after a first portion; the rest follows without the caller.',
      params,
      body: turn,
      extraInputs: [df.input.durableClient()],
      responses: { 200: view },
      problems: finished,
      async handler({ params: { bulkActionId }, body, principal, invocation }) {
        await startBulkAction(deps, { bulkActionId, principal, reason: body?.reason });
        const targets = outboxTargets(deps, df.getClient(invocation));
        const { outboxIds } = await runBulkActions(deps, { bulkActionId, limit: FIRST_PORTION });
        await publish({ ...deps, targets }, outboxIds);
        return { status: 200, body: await readBulkAction(deps, bulkActionId) };
      },
    }),
    defineRoute({
      ...facts,
      name: 'bulk-actions-stop',
      method: 'POST',
      path: 'bulk-actions/{bulkActionId}/stop',
      operation: 'bulk.write',
      summary: 'Stop a bulk action',
      description: 'What is done stays done; `/start` goes on with the rest.',
      params,
      body: turn,
      responses: { 200: view },
      problems: finished,
      async handler({ params: { bulkActionId }, body, principal }) {
        await stopBulkAction(deps, { bulkActionId, principal, reason: body?.reason });
        return { status: 200, body: await readBulkAction(deps, bulkActionId) };
      },
    }),
  ];
}
