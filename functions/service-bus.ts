import type { ServiceBusClient } from '@azure/service-bus';
import type { ServiceAccess } from '../shared/config/functions.ts';
import { type ServiceBusSettings, createServiceBusClient } from '../shared/messaging/index.ts';

/** Service Bus with the settings that further connections need. */
export interface ServiceBusAccess {
  readonly client: ServiceBusClient;
  readonly settings: ServiceBusSettings;
}

/** Service Bus by connection string (local broker), or by the managed identity of the Functions app. */
export async function openServiceBus(access: ServiceAccess): Promise<ServiceBusAccess> {
  const settings = await settingsOf(access);
  return { settings, client: createServiceBusClient(settings) };
}

async function settingsOf(access: ServiceAccess): Promise<ServiceBusSettings> {
  if (access.kind === 'connectionString') return { connectionString: access.connectionString };
  const { DefaultAzureCredential } = await import('@azure/identity');
  return { fullyQualifiedNamespace: access.address, credential: new DefaultAzureCredential() };
}
