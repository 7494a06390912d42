import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { HostFunction, NamedBinding } from '../app.ts';
import { HostStartError } from '../errors.ts';
import type core from '../functions-core.cjs';
import type { OutputSender } from '../runtime.ts';
import { resolveSettings, type Settings } from '../settings.ts';
import type { ServiceBusConnections } from './connections.ts';

/**
 * Senders for the `serviceBus` output bindings of all functions: text as text/plain, an object as application/json, bytes as
 * they are, an array as one message per element, nothing as no message. Throws HostStartError for topics.
 */
export async function prepareQueueOutputs(
  functions: readonly HostFunction[],
  env: Settings,
  connections: ServiceBusConnections,
): Promise<OutputSender> {
  const senders = new Map<core.BindingInfo, ServiceBusSender>();
  for (const fn of functions) {
    for (const output of fn.outputs) {
      if (output.settings.type !== 'serviceBus') continue;
      senders.set(output.settings, await createSender(fn, output, { env, connections }));
    }
  }
  return async (binding, data) => {
    const messages = toMessages(data);
    if (messages.length > 0) await senders.get(binding)?.sendMessages(messages);
  };
}

async function createSender(
  fn: HostFunction,
  { settings }: NamedBinding,
  { env, connections }: { env: Settings; connections: ServiceBusConnections },
): Promise<ServiceBusSender> {
  const { queueName, connection } = settings;
  if (typeof queueName !== 'string' || queueName === '') {
    throw new HostStartError(
      `function "${fn.name}": serviceBus output: only queues are supported, with queueName`,
    );
  }
  const setting = typeof connection === 'string' ? connection : 'AzureWebJobsServiceBus';
  const client = await connections.client(setting, 'request', fn.name);
  return client.createSender(resolveSettings(queueName, env, fn.name));
}

function toMessages(data: core.TypedData): ServiceBusMessage[] {
  if (data.string !== undefined) return [textMessage(data.string)];
  if (data.bytes !== undefined)
    return [{ body: Buffer.from(data.bytes), contentType: 'application/octet-stream' }];
  if (data.json === undefined) return [textMessage(String(data.int ?? data.double))];
  const value: unknown = JSON.parse(data.json);
  return (Array.isArray(value) ? value : [value])
    .filter((element) => element !== null)
    .map((element: unknown) => (typeof element === 'string' ? textMessage(element) : jsonMessage(element)));
}

/** The SDK would wrap a string in JSON quotes; a Buffer goes out as it is. */
function textMessage(text: string): ServiceBusMessage {
  return { body: Buffer.from(text), contentType: 'text/plain' };
}

function jsonMessage(value: unknown): ServiceBusMessage {
  return { body: Buffer.from(JSON.stringify(value)), contentType: 'application/json' };
}
