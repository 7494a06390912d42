import { z } from 'zod';
import {
  type Pause,
  bellsToRing,
  endPause,
  isInForce,
  listPauses,
  ringEach,
  startPause,
} from '../../shared/cam-commands/index.ts';
import { applications } from '../../shared/cam-commands/contracts.ts';
import { changeBy } from '../../shared/history/index.ts';
import {
  type Route,
  defineRoute,
  instant,
  page,
  pageOf,
  queryBoolean,
  skipToken,
  text,
  timestamp,
  top,
} from '../../shared/http/index.ts';
import type { AppDeps } from '../deps.ts';
import { keyedId } from '../keyed-id.ts';

const pauseView = z
  .object({
    pauseId: z.uuid(),
    application: z.enum(applications).nullable(),
    commandType: z.string().nullable(),
    workstation: z.string().nullable(),
    reason: z.string(),
    active: z.boolean(),
    createdAt: timestamp(),
    createdBy: z.string(),
    resumeAt: timestamp().nullable(),
    endedAt: timestamp().nullable(),
    endedBy: z.string().nullable(),
  })
  .meta({ id: 'Pause' });

const query = z.strictObject({
  active: queryBoolean().default(true).describe('`false`: those that have ended as well.'),
  top: top(500, 100),
  skipToken: skipToken(z.strictObject({ seq: z.int().min(0) })).optional(),
});

const body = z.strictObject({
  application: z.enum(applications).optional(),
  commandType: text(64).optional().describe('Of the application; all of its types when left out.'),
  workstation: text(100).optional().describe('Instead of an application.'),
  reason: text(500),
  resumeAt: instant().optional().describe('When the pause ends by itself.'),
});

/** Pausing an application, a command type or a workstation. */
export function pauseRoutes(deps: AppDeps): Route[] {
  const view = (pause: Pause): z.input<typeof pauseView> => ({
    pauseId: pause.pauseId,
    application: pause.application as z.input<typeof pauseView>['application'],
    commandType: pause.commandType,
    workstation: pause.workstation,
    reason: pause.reason,
    active: isInForce(pause, deps.clock.now()),
    createdAt: pause.createdAt,
    createdBy: pause.createdBy,
    resumeAt: pause.resumeAt,
    endedAt: pause.endedAt,
    endedBy: pause.endedBy,
  });
  return [
    defineRoute({
      name: 'pauses-list',
      method: 'GET',
      path: 'pauses',
      operation: 'workstation.read',
      summary: 'List pauses, newest first',
      tags: ['Pauses'],
      access: { roles: ['Mcms.Reader'] },
      query,
      responses: { 200: { description: 'A page of pauses', schema: pageOf(pauseView) } },
      async handler({ query: { active, top: count, skipToken: after }, request }) {
        const { value, next } = await listPauses(deps, active, { top: count, after });
        return { status: 200, body: page(request.url, { value: value.map(view), next }) };
      },
    }),
    defineRoute({
      name: 'pauses-start',
      method: 'POST',
      path: 'pauses',
      operation: 'pause.write',
      summary: 'Pause an application, one of its command types, or a workstation',
      description: 'What runs goes on; nothing of it is started until the pause ends.',
      tags: ['Pauses'],
      access: { roles: ['Mcms.Operator'] },
      body,
      responses: { 201: { description: 'The pause is in force', schema: pauseView } },
      problems: { 409: 'The same is paused already.' },
      async handler({ body: { reason, ...given }, principal, traceId }) {
        const change = { ...changeBy(principal, { at: deps.clock.now(), traceId }), comment: reason };
        return { status: 201, body: view(await startPause(deps, { ...given, change })) };
      },
    }),
    defineRoute({
      name: 'pauses-end',
      method: 'DELETE',
      path: 'pauses/{pauseId}',
      operation: 'pause.write',
      summary: 'End a pause',
      tags: ['Pauses'],
      access: { roles: ['Mcms.Operator'] },
      params: z.strictObject({ pauseId: z.uuid().toLowerCase() }),
      responses: { 200: { description: 'The pause has ended', schema: pauseView } },
      problems: { 404: 'There is no such pause.', 409: 'The pause has ended already.' },
      async handler({ params, principal, request, traceId }) {
        const change = changeBy(principal, { at: deps.clock.now(), traceId });
        const ended = await endPause(deps, { ...params, change, actionId: keyedId(principal, request) });
        await ringEach(deps.sender, await bellsToRing(deps));
        return { status: 200, body: view(ended) };
      },
    }),
  ];
}
