import type { ServiceBusClient } from '@azure/service-bus';
import type { ServiceAccess } from '../shared/config/functions.ts';
import { createServiceBusClient } from '../shared/messaging/index.ts';

/** Service Bus by connection string (local broker), or by the managed identity of the Functions app. */
export async function openServiceBus(access: ServiceAccess): Promise<ServiceBusClient> {
  if (access.kind === 'connectionString')
    return createServiceBusClient({ connectionString: access.connectionString });
  const { DefaultAzureCredential } = await import('@azure/identity');
  return createServiceBusClient({
    fullyQualifiedNamespace: access.address,
    credential: new DefaultAzureCredential(),
  });
}
