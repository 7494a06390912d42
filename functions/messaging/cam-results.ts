import { type InvocationContext, app } from '@azure/functions';
import * as df from 'durable-functions';
import { instanceIdOf, readResultMessage, rejectMessage } from '../../shared/cam-commands/index.ts';
import { currentTraceparent, inSpan } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { raiseEvent } from './instances.ts';
import { messageId, traceparentOf } from './trigger-metadata.ts';

const QUEUE = 'esprit-results';

/** Queue → event of the orchestration. Needs no SQL; whether the result still counts is decided there, by its fence. */
export function registerCamResults({ sender }: AppDeps): void {
  app.serviceBusQueue('cam-results', {
    connection: 'ServiceBusConnection',
    queueName: QUEUE,
    extraInputs: [df.input.durableClient()],
    handler: async (body: unknown, context: InvocationContext) => {
      const parent = traceparentOf(context);
      const reject = (reason: string, description: string): Promise<void> =>
        rejectMessage(sender, {
          body,
          sourceQueue: QUEUE,
          reason,
          description,
          messageId: messageId(context),
          traceparent: currentTraceparent(),
        });
      await inSpan(
        `${QUEUE} process`,
        {
          kind: 'consumer',
          operationKey: 'command.result',
          attributes: { 'mcms.component': 'workers' },
          ...(parent ? { parent } : {}),
        },
        async () => {
          const read = readResultMessage(body);
          if (read.kind === 'refused') return reject(read.reason, read.description);
          const data = read.message;
          const instanceId = instanceIdOf(data);
          const raised = await raiseEvent(df.getClient(context), {
            instanceId,
            eventName: `result.${data.run}.${data.attempt}`,
            data,
          });
          if (raised === 'unknown') await reject('unknown-run', `There is no orchestration ${instanceId}.`);
        },
      );
    },
  });
}
