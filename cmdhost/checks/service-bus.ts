import type { ServiceBusClient } from '@azure/service-bus';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { createServiceBusClient } from '../../shared/messaging/index.ts';
import { BELL_QUEUE } from '../bells.ts';
import { RESULT_QUEUE } from '../result-sender.ts';
import type { AgentCredential } from '../token.ts';
import { about, type Finding } from './finding.ts';
import { explain } from './network-error.ts';

/** Bells can be heard and results sent: both links are opened, nothing is taken and nothing sent. */
export async function checkServiceBus(
  settings: CmdhostConfig['serviceBus'],
  credential: AgentCredential,
): Promise<Finding[]> {
  const client = createServiceBusClient(
    'connectionString' in settings ? settings : { ...settings, credential },
  );
  const host = hostOf(settings);
  try {
    return [
      await probe(`queue ${BELL_QUEUE}`, 'bells can be received', host, async () => peek(client)),
      await probe(`queue ${RESULT_QUEUE}`, 'results can be sent', host, async () => openSender(client)),
    ];
  } finally {
    await client.close();
  }
}

async function probe(check: string, fine: string, host: string, work: () => Promise<void>): Promise<Finding> {
  const found = about(check);
  try {
    await work();
    return found.ok(fine);
  } catch (error) {
    const { detail, next } = explain(error, host);
    return found.problem(detail, next);
  }
}

async function peek(client: ServiceBusClient): Promise<void> {
  const receiver = client.createReceiver(BELL_QUEUE);
  try {
    await receiver.peekMessages(1);
  } finally {
    await receiver.close();
  }
}

/** A batch needs the broker's size limit, which comes with the opened link. */
async function openSender(client: ServiceBusClient): Promise<void> {
  const sender = client.createSender(RESULT_QUEUE);
  try {
    await sender.createMessageBatch();
  } finally {
    await sender.close();
  }
}

/** The address without what follows it in a connection string: keys are never printed. */
function hostOf(settings: CmdhostConfig['serviceBus']): string {
  if ('fullyQualifiedNamespace' in settings) return settings.fullyQualifiedNamespace;
  return /Endpoint=sb:\/\/([^;/]+)/i.exec(settings.connectionString)?.[1] ?? 'Service Bus';
}
