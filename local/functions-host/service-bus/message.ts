import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type core from '../functions-core.cjs';

/**
 * The body as the host hands it to a Node worker: text, which `@azure/functions` parses if it is JSON. A body that is not
 * text of a data section (an AMQP value) becomes its text or JSON.
 */
export function bodyData(message: ServiceBusReceivedMessage): core.TypedData {
  const body: unknown = message.body;
  if (body instanceof Uint8Array) return { string: Buffer.from(body).toString('utf8') };
  if (typeof body === 'string') return { string: body };
  return { json: JSON.stringify(body ?? null) };
}

/**
 * Binding data of the Service Bus trigger by Azure's names ("Message metadata" in the trigger's reference);
 * `@azure/functions` lowers the first letter of each. Absent ones are left out.
 */
export function triggerMetadata(message: ServiceBusReceivedMessage): Record<string, core.TypedData> {
  const values: Record<string, unknown> = {
    MessageId: message.messageId,
    SequenceNumber: message.sequenceNumber?.toNumber(),
    // The count of the SDK is of earlier deliveries only until the broker adds this one; Azure's starts at 1.
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    EnqueuedTimeUtc: message.enqueuedTimeUtc,
    ExpiresAtUtc: message.expiresAtUtc,
    LockToken: message.lockToken,
    CorrelationId: message.correlationId,
    ContentType: message.contentType,
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    PartitionKey: message.partitionKey,
    DeadLetterSource: message.deadLetterSource,
    ApplicationProperties: message.applicationProperties ?? {},
    UserProperties: message.applicationProperties ?? {},
  };
  const metadata: Record<string, core.TypedData> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null) metadata[name] = { json: JSON.stringify(value) };
  }
  return metadata;
}
