import * as df from 'durable-functions';
import { z } from 'zod';
import {
  COMMAND_QUEUE,
  DEFAULT_PRIORITY,
  cancelCommand,
  cloneCommand,
  commandFilterFields,
  commandTimeline,
  commandView,
  listCommands,
  newCommandView,
  orderCommand,
  readCommand,
  readTimeline,
  retryCommand,
} from '../../shared/cam-commands/index.ts';
import { applications, commandParameters } from '../../shared/cam-commands/contracts.ts';
import {
  type Route,
  defineRoute,
  instant,
  page,
  pageOf,
  queryBoolean,
  queryInteger,
  skipToken,
  text,
  top,
} from '../../shared/http/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import type { AppDeps } from '../deps.ts';
import { outboxTargets } from '../outbox-targets.ts';
import { keyedId } from '../keyed-id.ts';

const routingParams = z.strictObject({ routingId: z.uuid().toLowerCase() });
const commandParams = z.strictObject({ commandId: z.uuid().toLowerCase() });

const order = z.strictObject({
  application: z.enum(applications),
  commandType: text(64),
  parameters: commandParameters.optional(),
  priority: z.int().min(0).max(9).default(DEFAULT_PRIORITY).describe('0 to 9; higher goes first.'),
  notBefore: instant().optional(),
});

const clone = z
  .strictObject({
    parameters: commandParameters.optional().describe('All parameters of the clone; nothing is merged.'),
    priority: z.int().min(0).max(9).optional(),
    notBefore: instant().optional(),
    camRev: z.int().min(1).optional(),
    reason: text(1000, { multiline: true }).optional(),
  })
  .optional();

const filter = z.strictObject({
  ...commandFilterFields,
  open: queryBoolean().optional().describe('`true`: those that have not ended; `false`: those that have.'),
  priority: queryInteger(0, 9).optional(),
  top: top(500, 100),
  skipToken: skipToken(z.strictObject({ seq: z.int().min(0) })).optional(),
});
const why = z.strictObject({ reason: text(1000, { multiline: true }) });
const location = { Location: 'Address of the command.' };

/** Ordering, reading and cancelling CAM commands. */
export function commandRoutes(deps: AppDeps): Route[] {
  return [
    defineRoute({
      name: 'commands-order',
      method: 'POST',
      path: 'routings/{routingId}/commands',
      operation: 'command.order',
      summary: 'Order a CAM command',
      description: `Accepted orders go to the queue ${COMMAND_QUEUE}; follow the command at \`Location\`.`,
      tags: ['Commands'],
      access: { roles: ['Mcms.Engineer'] },
      params: routingParams,
      body: order,
      extraInputs: [df.input.durableClient()],
      responses: {
        202: {
          description: 'The order is accepted',
          schema: commandView,
          headers: location,
        },
      },
      problems: {
        404: 'There is no such routing.',
        409: 'Another order was accepted with this Idempotency-Key.',
      },
      async handler({ params, body, principal, request, invocation }) {
        const { command, outboxIds, repeated } = await orderCommand(deps, {
          ...body,
          routingId: params.routingId,
          requestedBy: principal.name,
          requestedByKind: principal.kind,
          commandId: keyedId(principal, request),
        });
        await publish({ ...deps, targets: outboxTargets(deps, df.getClient(invocation)) }, outboxIds);
        return {
          status: 202,
          headers: { Location: `/api/commands/${command.commandId}` },
          // A new one is told from what was just committed: the answer must not fail when only a read does.
          body: repeated
            ? await readCommand(deps, command.commandId, principal)
            : newCommandView(command, principal),
        };
      },
    }),
    defineRoute({
      name: 'commands-list',
      method: 'GET',
      path: 'commands',
      operation: 'command.read',
      summary: 'List commands, newest first',
      tags: ['Commands'],
      access: { roles: ['Mcms.Reader'] },
      query: filter,
      responses: { 200: { description: 'A page of commands', schema: pageOf(commandView) } },
      async handler({ query: { top: count, skipToken: after, ...wanted }, request, principal }) {
        const { value, next } = await listCommands(deps, wanted, { top: count, after, viewer: principal });
        return { status: 200, body: page(request.url, { value, next }) };
      },
    }),
    defineRoute({
      name: 'commands-get',
      method: 'GET',
      path: 'commands/{commandId}',
      operation: 'command.read',
      summary: 'Read a command with its attempts and files',
      tags: ['Commands'],
      access: { roles: ['Mcms.Reader'] },
      params: commandParams,
      responses: { 200: { description: 'The command', schema: commandView } },
      problems: { 404: 'There is no such command.' },
      handler: async ({ params, principal }) => ({
        status: 200,
        body: await readCommand(deps, params.commandId, principal),
      }),
    }),
    defineRoute({
      name: 'commands-timeline',
      method: 'GET',
      path: 'commands/{commandId}/timeline',
      operation: 'command.read',
      summary: 'Read everything that happened to a command, in order',
      tags: ['Commands'],
      access: { roles: ['Mcms.Reader'] },
      params: commandParams,
      responses: { 200: { description: 'The timeline', schema: commandTimeline } },
      problems: { 404: 'There is no such command.' },
      handler: async ({ params }) => ({ status: 200, body: await readTimeline(deps, params.commandId) }),
    }),
    defineRoute({
      name: 'commands-cancel',
      method: 'POST',
      path: 'commands/{commandId}/cancel',
      operation: 'command.cancel',
      summary: 'Cancel a command',
      description: 'Engineers cancel what they ordered, operators any. A running CAM program is stopped.',
      tags: ['Commands'],
      access: { roles: ['Mcms.Engineer', 'Mcms.Operator'] },
      params: commandParams,
      body: why,
      extraInputs: [df.input.durableClient()],
      responses: { 202: { description: 'The request to cancel is accepted', schema: commandView } },
      problems: { 404: 'There is no such command.', 409: 'The command has ended already.' },
      async handler({ params, body, principal, invocation }) {
        const { outboxIds } = await cancelCommand(deps, { ...params, reason: body.reason, principal });
        await publish({ ...deps, targets: outboxTargets(deps, df.getClient(invocation)) }, outboxIds);
        return { status: 202, body: await readCommand(deps, params.commandId, principal) };
      },
    }),
    defineRoute({
      name: 'commands-retry',
      method: 'POST',
      path: 'commands/{commandId}/retry',
      operation: 'command.retry',
      summary: 'Retry a command',
      description:
        'Failed or Cancelled: the next run of the same command. Retrying: its next attempt comes now, not after the backoff.',
      tags: ['Commands'],
      access: { roles: ['Mcms.Operator'] },
      params: commandParams,
      body: why,
      extraInputs: [df.input.durableClient()],
      responses: { 202: { description: 'The retry is accepted', schema: commandView } },
      problems: {
        404: 'There is no such command.',
        409: 'The command is in another state; `commandStatus` and `allowedActions` say which and what can be done.',
      },
      async handler({ params, body, principal, request, invocation }) {
        const { outboxIds } = await retryCommand(deps, {
          ...params,
          reason: body.reason,
          principal,
          actionId: keyedId(principal, request),
        });
        await publish({ ...deps, targets: outboxTargets(deps, df.getClient(invocation)) }, outboxIds);
        return { status: 202, body: await readCommand(deps, params.commandId, principal) };
      },
    }),
    defineRoute({
      name: 'commands-clone',
      method: 'POST',
      path: 'commands/{commandId}/clone',
      operation: 'command.order',
      summary: 'Order a new command like another one',
      description:
        'Linked by `clonedFromId`. What is left out is as in the original, except `notBefore`; `parameters`, when given, take the place of all of them.',
      tags: ['Commands'],
      access: { roles: ['Mcms.Engineer'] },
      params: commandParams,
      body: clone,
      extraInputs: [df.input.durableClient()],
      responses: { 202: { description: 'The order is accepted', schema: commandView, headers: location } },
      problems: {
        404: 'There is no such command.',
        409: 'Another order was accepted with this Idempotency-Key.',
      },
      async handler({ params, body, principal, request, invocation }) {
        const { command, outboxIds, repeated } = await cloneCommand(deps, {
          ...body,
          ...params,
          principal,
          newCommandId: keyedId(principal, request),
        });
        await publish({ ...deps, targets: outboxTargets(deps, df.getClient(invocation)) }, outboxIds);
        return {
          status: 202,
          headers: { Location: `/api/commands/${command.commandId}` },
          body: repeated
            ? await readCommand(deps, command.commandId, principal)
            : newCommandView(command, principal),
        };
      },
    }),
  ];
}
