import { z } from 'zod';
import { operatorAction, operatorActions } from '../../shared/operator-actions/contracts.ts';
import { listActions } from '../../shared/operator-actions/index.ts';
import {
  type Route,
  defineRoute,
  instant,
  page,
  pageOf,
  skipToken,
  text,
  top,
} from '../../shared/http/index.ts';
import type { AppDeps } from '../deps.ts';

/** The journal of those who operate the shop. */
export function operatorActionRoutes(deps: Pick<AppDeps, 'database'>): Route[] {
  return [
    defineRoute({
      name: 'operator-actions-list',
      method: 'GET',
      path: 'operator-actions',
      operation: 'operator-action.list',
      summary: 'List what operators did, newest first',
      tags: ['Operators'],
      access: { roles: ['Mcms.Operator'] },
      query: z.strictObject({
        commandId: z.uuid().toLowerCase().optional(),
        action: z.enum(operatorActions).optional(),
        by: text(200).optional(),
        from: instant().optional(),
        to: instant().optional(),
        top: top(500, 100),
        skipToken: skipToken(z.strictObject({ seq: z.int().min(0) })).optional(),
      }),
      responses: { 200: { description: 'A page of actions', schema: pageOf(operatorAction) } },
      async handler({ query: { top: count, skipToken: after, ...filter }, request }) {
        const { value, next } = await listActions(deps, filter, { top: count, after });
        return { status: 200, body: page(request.url, { value, next }) };
      },
    }),
  ];
}
