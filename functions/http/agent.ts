import { z } from 'zod';
import { createAgentService } from '../../shared/cam-commands/index.ts';
import {
  announceAnswer,
  announceRequest,
  claimRequest,
  heartbeatAnswer,
  heartbeatRequest,
  job,
  logRequest,
  outputsAnswer,
  outputsRequest,
} from '../../shared/cam-commands/contracts.ts';
import { type Route, defineRoute } from '../../shared/http/index.ts';
import type { AppDeps } from '../deps.ts';

const attemptParams = z.strictObject({ attemptId: z.uuid().toLowerCase() });
const facts = { tags: ['Agent'], method: 'POST', access: { roles: ['Mcms.CmdHost'] } } as const;
const problems = { 409: 'The attempt is no longer this workstation’s.' };

/** The calls of the workstation agents. */
export function agentRoutes(deps: AppDeps): Route[] {
  const agents = createAgentService(deps);
  return [
    defineRoute({
      ...facts,
      name: 'agent-announce',
      path: 'agent/announce',
      operation: 'agent.announce',
      summary: 'Announce a workstation, its abilities and seats',
      body: announceRequest,
      responses: { 200: { description: 'The workstation is known', schema: announceAnswer } },
      problems: { 403: 'Another identity holds this workstation name.' },
      async handler({ body, principal }) {
        const { workstationId } = await agents.announce(principal.subject, body);
        return { status: 200, body: { schemaVersion: 1 as const, workstationId } };
      },
    }),
    defineRoute({
      ...facts,
      name: 'agent-claim',
      path: 'agent/claim',
      operation: 'agent.claim',
      summary: 'Claim the next job',
      body: claimRequest,
      responses: {
        200: { description: 'A job with its lease', schema: job },
        204: { description: 'Nothing waits' },
      },
      problems: { 409: 'The workstation has not announced itself.' },
      async handler({ body, principal }) {
        const claimed = await agents.claim(principal.subject, body);
        return claimed ? { status: 200, body: claimed } : { status: 204 };
      },
    }),
    defineRoute({
      ...facts,
      name: 'agent-heartbeat',
      path: 'agent/attempts/{attemptId}/heartbeat',
      operation: 'agent.heartbeat',
      summary: 'Renew the lease of an attempt and report progress',
      params: attemptParams,
      body: heartbeatRequest,
      responses: { 200: { description: 'The lease is renewed', schema: heartbeatAnswer } },
      problems,
      handler: async ({ params, body, principal }) => ({
        status: 200,
        body: await agents.heartbeat(principal.subject, params.attemptId, body),
      }),
    }),
    defineRoute({
      ...facts,
      name: 'agent-outputs',
      path: 'agent/attempts/{attemptId}/outputs',
      operation: 'agent.outputs',
      summary: 'Get upload links for the outputs of an attempt',
      params: attemptParams,
      body: outputsRequest,
      responses: { 200: { description: 'One link per file', schema: outputsAnswer } },
      problems,
      handler: async ({ params, body, principal }) => ({
        status: 200,
        body: await agents.outputs(principal.subject, params.attemptId, body),
      }),
    }),
    defineRoute({
      ...facts,
      name: 'agent-log',
      path: 'agent/attempts/{attemptId}/log',
      operation: 'agent.log',
      summary: 'Leave the last log lines of an attempt',
      params: attemptParams,
      body: logRequest,
      responses: { 204: { description: 'Noted' } },
      problems: { 404: 'There is no such attempt.' },
      async handler({ params, body, principal }) {
        await agents.log(principal.subject, params.attemptId, body);
        return { status: 204 };
      },
    }),
  ];
}
