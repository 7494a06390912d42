import {
  RetryMode,
  ServiceBusClient,
  type ServiceBusClientOptions,
  type TokenCredential,
} from '@azure/service-bus';

/** How to reach a Service Bus namespace: by connection string, or by name with an identity. */
export type ServiceBusSettings =
  | { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string; readonly credential: TokenCredential };

/** At most three tries of five seconds each, for a send under way is not told that its broker died: a caller that needs more keeps the message and comes back. */
const OPTIONS: ServiceBusClientOptions = {
  retryOptions: {
    timeoutInMs: 5_000,
    maxRetries: 2,
    retryDelayInMs: 200,
    maxRetryDelayInMs: 2_000,
    mode: RetryMode.Exponential,
  },
};

/** A client with bounded time-outs and retries. It connects when first used; the caller closes it. */
export function createServiceBusClient(settings: ServiceBusSettings): ServiceBusClient {
  return 'connectionString' in settings
    ? new ServiceBusClient(settings.connectionString, OPTIONS)
    : new ServiceBusClient(settings.fullyQualifiedNamespace, settings.credential, OPTIONS);
}
