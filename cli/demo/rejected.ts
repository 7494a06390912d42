import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { readStackFile, stateFolder } from '../stack-file.ts';

/** Puts an order where MCMS puts what it refuses, as if it had come before its routing was there. */
export async function putAmongRejected(
  environment: NodeJS.ProcessEnv,
  routingId: string,
): Promise<{ readonly commandId: string }> {
  const { serviceBusConnection } = await readStackFile(stateFolder(environment));
  const bus = new ServiceBusClient(serviceBusConnection);
  const commandId = randomUUID();
  try {
    await bus.createSender('esprit-rejected').sendMessages({
      body: {
        schemaVersion: 1,
        commandId,
        application: 'esprit',
        commandType: 'GenerateNcProgram',
        routingId,
        requestedBy: 'erp@mcms.local',
        requestedAt: new Date().toISOString(),
      },
      contentType: 'application/json',
      messageId: commandId,
      applicationProperties: {
        DeadLetterReason: 'routing-not-found',
        DeadLetterErrorDescription: 'There is no such routing.',
        SourceQueue: 'esprit-commands',
      },
    });
  } finally {
    await bus.close();
  }
  return { commandId };
}
