import * as df from 'durable-functions';
import { z } from 'zod';
import {
  COMMAND_QUEUE,
  DEFAULT_PRIORITY,
  cancelCommand,
  commandIdOf,
  commandView,
  listCommands,
  newCommandView,
  orderCommand,
  readCommand,
} from '../../shared/cam-commands/index.ts';
import { applications, commandParameters, commandStatuses } from '../../shared/cam-commands/contracts.ts';
import {
  type Route,
  code,
  defineRoute,
  instant,
  page,
  pageOf,
  skipToken,
  text,
  top,
} from '../../shared/http/index.ts';
import { publish } from '../../shared/outbox/index.ts';
import type { AppDeps } from '../deps.ts';
import { outboxTargets } from '../outbox-targets.ts';

const routingParams = z.strictObject({ routingId: z.uuid().toLowerCase() });
const commandParams = z.strictObject({ commandId: z.uuid().toLowerCase() });

const order = z.strictObject({
  application: z.enum(applications),
  commandType: text(64),
  parameters: commandParameters.optional(),
  priority: z.int().min(0).max(9).default(DEFAULT_PRIORITY).describe('0 to 9; higher goes first.'),
  notBefore: instant().optional(),
});

const filter = z.strictObject({
  status: z.enum(commandStatuses).optional(),
  routingId: z.uuid().toLowerCase().optional(),
  itemCode: code(64).optional(),
  application: z.enum(applications).optional(),
  workstation: text(100).optional(),
  errorCode: text(64).optional(),
  requestedBy: text(200).optional(),
  q: text(100).optional(),
  from: instant().optional(),
  to: instant().optional(),
  top: top(500, 100),
  skipToken: skipToken(z.strictObject({ seq: z.int().min(0) })).optional(),
});

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
          headers: { Location: 'Address of the command.' },
        },
      },
      problems: {
        404: 'There is no such routing.',
        409: 'Another order was accepted with this Idempotency-Key.',
      },
      async handler({ params, body, principal, request, invocation }) {
        const key = request.idempotencyKey;
        const { command, outboxIds, repeated } = await orderCommand(deps, {
          ...body,
          routingId: params.routingId,
          requestedBy: principal.name,
          requestedByKind: principal.kind,
          commandId: key && commandIdOf({ subject: principal.subject, path: request.url.pathname, key }),
        });
        await publish({ ...deps, targets: outboxTargets(deps.sender, df.getClient(invocation)) }, outboxIds);
        return {
          status: 202,
          headers: { Location: `/api/commands/${command.commandId}` },
          // A new one is told from what was just committed: the answer must not fail when only a read does.
          body: repeated ? await readCommand(deps, command.commandId) : newCommandView(command),
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
      async handler({ query: { top: count, skipToken: after, ...wanted }, request }) {
        const { value, next } = await listCommands(deps, wanted, { top: count, after });
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
      handler: async ({ params }) => ({ status: 200, body: await readCommand(deps, params.commandId) }),
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
      body: z.strictObject({ reason: text(1000, { multiline: true }) }),
      extraInputs: [df.input.durableClient()],
      responses: { 202: { description: 'The request to cancel is accepted', schema: commandView } },
      problems: { 404: 'There is no such command.', 409: 'The command has ended already.' },
      async handler({ params, body, principal, invocation }) {
        const { outboxIds } = await cancelCommand(deps, { ...params, reason: body.reason, principal });
        await publish({ ...deps, targets: outboxTargets(deps.sender, df.getClient(invocation)) }, outboxIds);
        return { status: 202, body: await readCommand(deps, params.commandId) };
      },
    }),
  ];
}
