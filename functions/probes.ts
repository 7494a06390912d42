import type { ServiceBusClient } from '@azure/service-bus';
import type { Database } from '../shared/data/index.ts';
import type { BlobService } from '../shared/storage/index.ts';
import type { HealthProbe } from './http/health.ts';

/** What the product needs to serve, and how to ask each whether it works. */
export function healthProbes(parts: {
  readonly database: Database;
  readonly blobs: BlobService;
  readonly serviceBus: ServiceBusClient;
}): HealthProbe[] {
  const dispatch = parts.serviceBus.createSender('esprit-dispatch');
  return [
    { name: 'sql', check: () => parts.database.check() },
    {
      name: 'blob',
      async check(abortSignal) {
        await parts.blobs.client.getContainerClient('content').getProperties({ abortSignal });
      },
    },
    {
      name: 'serviceBus',
      async check(abortSignal) {
        // Needs an open link, and sends nothing.
        await dispatch.createMessageBatch({ abortSignal });
      },
    },
  ];
}
