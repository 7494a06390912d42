import { type InvocationContext, app } from '@azure/functions';
import * as df from 'durable-functions';
import {
  COMMAND_QUEUE,
  instanceIdOf,
  readCommandMessage,
  rejectMessage,
} from '../../shared/cam-commands/index.ts';
import { currentTraceparent, inSpan } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { RUN_CAM_COMMAND } from '../orchestrations/names.ts';
import type { RunInput } from '../orchestrations/activity-contracts.ts';
import { mayBegin } from './instances.ts';
import { messageId, traceparentOf } from './trigger-metadata.ts';

/**
 * Queue → orchestration. Needs no SQL: a message that cannot be understood goes to `esprit-rejected`, any other starts the run it
 * names unless that run is there already, running or ended (Durable would overwrite a finished one). One that was rejected is not there.
 */
export function registerCamCommands({ sender }: AppDeps): void {
  app.serviceBusQueue('cam-commands', {
    connection: 'ServiceBusConnection',
    queueName: COMMAND_QUEUE,
    extraInputs: [df.input.durableClient()],
    handler: async (body: unknown, context: InvocationContext) => {
      const parent = traceparentOf(context);
      await inSpan(
        `${COMMAND_QUEUE} process`,
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
          const read = readCommandMessage(body);
          if (read.kind === 'refused') {
            await rejectMessage(sender, {
              body,
              sourceQueue: COMMAND_QUEUE,
              reason: read.reason,
              description: read.description,
              messageId: messageId(context),
              traceparent: currentTraceparent(),
            });
            return;
          }
          const { message } = read;
          const instanceId = instanceIdOf({ commandId: message.commandId, run: message.run ?? 1 });
          const client = df.getClient(context);
          if (!(await mayBegin(client, instanceId))) return;
          const input: RunInput = { schemaVersion: 1, message, traceparent: currentTraceparent() };
          await client.startNew(RUN_CAM_COMMAND, { instanceId, input });
        },
      );
    },
  });
}
