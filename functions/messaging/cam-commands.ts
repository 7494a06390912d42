import { type InvocationContext, app } from '@azure/functions';
import * as df from 'durable-functions';
import { instanceIdOf } from '../../shared/cam-commands/index.ts';
import { commandMessage } from '../../shared/cam-commands/contracts.ts';
import { describeIssues, rejectMessage } from '../../shared/cam-commands/rejected.ts';
import { inSpan } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { RUN_CAM_COMMAND } from '../orchestrations/names.ts';
import type { RunInput } from '../orchestrations/activity-contracts.ts';
import { instanceExists } from './instances.ts';
import { messageId, traceparentOf } from './trigger-metadata.ts';

/**
 * Queue → orchestration. Needs no SQL: a message that cannot be understood goes to `esprit-rejected`, any other starts the run it
 * names unless that run is there already, in whatever state (Durable would overwrite a finished one).
 */
export function registerCamCommands({ sender }: AppDeps): void {
  app.serviceBusQueue('cam-commands', {
    connection: 'ServiceBusConnection',
    queueName: 'esprit-commands',
    extraInputs: [df.input.durableClient()],
    handler: async (body: unknown, context: InvocationContext) => {
      const parent = traceparentOf(context);
      await inSpan(
        'esprit-commands process',
        {
          kind: 'consumer',
          operationKey: 'command.receive',
          attributes: {
            'mcms.component': 'workers',
            'mcms.deliveryCount': Number(context.triggerMetadata?.['deliveryCount']),
          },
          ...(parent ? { parent } : {}),
        },
        async () => {
          const parsed = commandMessage.safeParse(body);
          if (!parsed.success) {
            await rejectMessage(sender, {
              body,
              sourceQueue: 'esprit-commands',
              reason: 'invalid-message',
              description: describeIssues(parsed.error),
              messageId: messageId(context),
              traceparent: parent,
            });
            return;
          }
          const message = parsed.data;
          const instanceId = instanceIdOf({ commandId: message.commandId, run: message.run ?? 1 });
          const client = df.getClient(context);
          if (await instanceExists(client, instanceId)) return;
          const input: RunInput = { schemaVersion: 1, message, traceparent: parent };
          await client.startNew(RUN_CAM_COMMAND, { instanceId, input });
        },
      );
    },
  });
}
