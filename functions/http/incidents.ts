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
  incident,
  incidentDetails,
  incidentKinds,
  incidentStates,
} from '../../shared/notifications/contracts.ts';
import {
  type IncidentDeps,
  acknowledgeIncident,
  listIncidents,
  readIncident,
  solveIncident,
} from '../../shared/notifications/index.ts';

const params = z.strictObject({ incidentId: z.uuid().toLowerCase() });

const filter = z.strictObject({
  state: z.enum(incidentStates).optional(),
  kind: z.enum(incidentKinds).optional(),
  top: top(500, 100),
  skipToken: skipToken(z.strictObject({ seq: z.int().min(0) })).optional(),
});

const ONE = { 200: { description: 'The incident', schema: incidentDetails } } as const;
const PROBLEMS = {
  404: 'There is no such incident.',
  409: 'The incident is solved already.',
  412: 'It has changed since it was read.',
};

/** What operators were told of, who takes care of it, and whether it is over. */
export function incidentRoutes(deps: IncidentDeps): Route[] {
  return [
    defineRoute({
      name: 'incidents-list',
      method: 'GET',
      path: 'incidents',
      operation: 'incident.read',
      summary: 'List incidents, newest first',
      tags: ['Incidents'],
      access: { roles: ['Mcms.Reader'] },
      query: filter,
      responses: { 200: { description: 'A page of incidents', schema: pageOf(incident) } },
      async handler({ query: { top: count, skipToken: after, ...wanted }, request }) {
        const { value, next } = await listIncidents(deps, wanted, { top: count, after });
        return { status: 200, body: page(request.url, { value, next }) };
      },
    }),
    defineRoute({
      name: 'incidents-get',
      method: 'GET',
      path: 'incidents/{incidentId}',
      operation: 'incident.read',
      summary: 'Read an incident with its failed runs and what was sent of it',
      tags: ['Incidents'],
      access: { roles: ['Mcms.Reader'] },
      params,
      responses: ONE,
      problems: { 404: PROBLEMS[404] },
      async handler({ params: { incidentId } }) {
        return answer(await readIncident(deps, incidentId));
      },
    }),
    defineRoute({
      name: 'incidents-acknowledge',
      method: 'POST',
      path: 'incidents/{incidentId}/acknowledge',
      operation: 'incident.write',
      summary: 'Take care of an incident',
      description:
        'It goes out by SMS no more. The owner is the caller unless another is named; a second call takes it over.',
      tags: ['Incidents'],
      access: { roles: ['Mcms.Operator'] },
      params,
      body: z.strictObject({ owner: text(200).optional() }),
      responses: ONE,
      problems: PROBLEMS,
      async handler({ params: { incidentId }, body, principal, request, clock, traceId }) {
        const change = changeBy(principal, { at: clock.now(), traceId });
        await acknowledgeIncident(deps, {
          incidentId,
          change,
          owner: body.owner ?? change.by,
          expectedVersion: expectedVersion(request.ifMatch),
        });
        return answer(await readIncident(deps, incidentId));
      },
    }),
    defineRoute({
      name: 'incidents-solve',
      method: 'POST',
      path: 'incidents/{incidentId}/solve',
      operation: 'incident.write',
      summary: 'Close an incident',
      description: 'What happens of the same cause from now on is a new incident.',
      tags: ['Incidents'],
      access: { roles: ['Mcms.Operator'] },
      params,
      body: z.strictObject({ reason: text(1000, { multiline: true }) }),
      responses: ONE,
      problems: PROBLEMS,
      async handler({ params: { incidentId }, body, principal, request, clock, traceId }) {
        const change = changeBy(principal, { at: clock.now(), traceId, comment: body.reason });
        await solveIncident(deps, { incidentId, change, expectedVersion: expectedVersion(request.ifMatch) });
        return answer(await readIncident(deps, incidentId));
      },
    }),
  ];
}

function answer(details: Awaited<ReturnType<typeof readIncident>>) {
  return { status: 200, body: details, etag: versionTag(details.version) } as const;
}
