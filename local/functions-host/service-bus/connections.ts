import { type RetryOptions, ServiceBusClient } from '@azure/service-bus';
import { HostStartError } from '../errors.ts';
import type { Settings } from '../settings.ts';

/** Service Bus clients: per connection setting one for each purpose, shared by all functions. */
export interface ServiceBusConnections {
  /**
   * `receive` for receivers, which the SDK reconnects for ever by itself; `request` for sending and for the management link,
   * tried a few times. Throws HostStartError naming function and setting when neither form of the setting is there.
   */
  client(setting: string, purpose: Purpose, functionName: string): Promise<ServiceBusClient>;
  close(): Promise<void>;
}

export type Purpose = 'receive' | 'request';

/**
 * Pauses between attempts and the time one attempt may take: the SDK's own 60 s would make a broker that restarts look dead for
 * a minute. A receiver tries a settlement once: repeated on a link that died with its connection it is never answered.
 */
const RETRY: Readonly<Record<Purpose, RetryOptions>> = {
  receive: { maxRetries: 0, retryDelayInMs: 500, timeoutInMs: 5_000 },
  request: { maxRetries: 3, retryDelayInMs: 500, timeoutInMs: 5_000 },
};

/**
 * Reads `<setting>` (a connection string) or `<setting>__fullyQualifiedNamespace` (an identity of the environment), as the
 * Service Bus extension does.
 */
export function serviceBusConnections(settings: Settings): ServiceBusConnections {
  const clients = new Map<string, Promise<ServiceBusClient>>();
  return {
    client(setting, purpose, functionName) {
      const key = `${purpose} ${setting}`;
      const known = clients.get(key);
      if (known) return known;
      const created = createClient(setting, functionName, { settings, retryOptions: RETRY[purpose] });
      clients.set(key, created);
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
  { settings, ...options }: { settings: Settings; retryOptions: RetryOptions },
): Promise<ServiceBusClient> {
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
