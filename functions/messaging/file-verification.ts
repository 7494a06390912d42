import { type InvocationContext, app } from '@azure/functions';
import { UnavailableError } from '../../shared/errors.ts';
import { VERIFICATION_QUEUE, VERIFICATION_RETRY_MS, runVerification } from '../../shared/files/index.ts';
import { verificationMessage } from '../../shared/files/contracts.ts';
import { createLogger, inSpan } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { traceparentOf } from './trigger-metadata.ts';

const log = createLogger('files');

/**
 * Verifies large files. While the database or the file store is away, a message is put back for half a minute: the trigger would
 * redeliver it at once and use up its deliveries in seconds. Only this app sends here, so a message that cannot be read is a
 * defect: it fails and ends in the dead-letter queue.
 */
export function registerFileVerification(
  deps: Pick<AppDeps, 'clock' | 'database' | 'content' | 'sender'>,
): void {
  app.serviceBusQueue('file-verification', {
    connection: 'ServiceBusConnection',
    queueName: VERIFICATION_QUEUE,
    handler: async (body: unknown, context: InvocationContext) => {
      const parent = traceparentOf(context);
      await inSpan(
        `${VERIFICATION_QUEUE} process`,
        {
          kind: 'consumer',
          operationKey: 'file.verify',
          attributes: { 'mcms.component': 'workers' },
          ...(parent ? { parent } : {}),
        },
        async () => {
          const message = verificationMessage.parse(body);
          try {
            await runVerification(deps, message.fileId);
          } catch (error) {
            if (!(error instanceof UnavailableError)) throw error;
            log.warn('a verification waits: a service is away', { fileId: message.fileId, code: error.code });
            await deps.sender.send(VERIFICATION_QUEUE, {
              body: message,
              messageId: message.fileId,
              scheduledEnqueueTimeUtc: new Date(deps.clock.now().getTime() + VERIFICATION_RETRY_MS),
            });
          }
        },
      );
    },
  });
}
