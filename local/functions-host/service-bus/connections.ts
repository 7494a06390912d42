import { ServiceBusClient } from '@azure/service-bus';
import { HostStartError } from '../errors.ts';
import type { Settings } from '../settings.ts';

/** One Service Bus client per connection setting, shared by triggers and outputs. */
export interface ServiceBusConnections {
  /** Throws HostStartError naming function and setting when neither form of the setting is there. */
  client(setting: string, functionName: string): Promise<ServiceBusClient>;
  close(): Promise<void>;
}

/**
 * Retries for ever happen in the SDK's receiver; these are the pauses in between and how long one attempt may take. The
 * SDK's own 60 s per attempt would make a broker that restarts look dead for a minute.
 */
const RETRY = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2_000, timeoutInMs: 10_000 };

/**
 * Reads `<setting>` (a connection string) or `<setting>__fullyQualifiedNamespace` (an identity of the environment), as the
 * Service Bus extension does.
 */
export function serviceBusConnections(settings: Settings): ServiceBusConnections {
  const clients = new Map<string, Promise<ServiceBusClient>>();
  return {
    client(setting, functionName) {
      const known = clients.get(setting);
      if (known) return known;
      const created = createClient(setting, functionName, settings);
      clients.set(setting, created);
      return created;
    },
    async close() {
      const created = await Promise.allSettled(clients.values());
      await Promise.all(
        created.flatMap((result) => (result.status === 'fulfilled' ? [result.value.close()] : [])),
      );
    },
  };
}

async function createClient(
  setting: string,
  functionName: string,
  settings: Settings,
): Promise<ServiceBusClient> {
  const options = { retryOptions: RETRY };
  const connectionString = settings[setting];
  if (connectionString) return new ServiceBusClient(connectionString, options);
  const namespace = settings[`${setting}__fullyQualifiedNamespace`];
  if (!namespace) {
    throw new HostStartError(
      `function "${functionName}": the app setting ${setting} or ${setting}__fullyQualifiedNamespace is not set`,
    );
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new ServiceBusClient(namespace, new DefaultAzureCredential(), options);
}
