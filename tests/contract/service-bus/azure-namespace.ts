import { setTimeout as wait } from 'node:timers/promises';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import type { OpenNamespace } from './namespace.ts';

/**
 * Opens queues on the namespace that TEST_SERVICE_BUS_CONNECTION names, with the right to manage it: each test deletes and makes the
 * queues it names. Time passes by waiting.
 * @throws {Error} without the setting: who asks for these suites wants them run
 */
export function azureNamespace(connectionString = process.env['TEST_SERVICE_BUS_CONNECTION']): OpenNamespace {
  if (!connectionString?.trim())
    throw new Error(
      'TEST_SERVICE_BUS_CONNECTION is missing: the connection string, with the claim Manage, of a namespace for tests',
    );
  const admin = new ServiceBusAdministrationClient(connectionString);
  return async (...queues) => {
    for (const { name, ...settings } of queues) {
      if (await admin.queueExists(name)) await admin.deleteQueue(name);
      await admin.createQueue(name, settings);
    }
    const client = new ServiceBusClient(connectionString);
    return {
      connectionString,
      client,
      passTime: (ms) => wait(ms),
      async close() {
        await client.close();
        for (const { name } of queues) await admin.deleteQueue(name);
      },
    };
  };
}
