export { createServiceBusClient, type ServiceBusSettings } from './client.ts';
export { MessageRefusedError, QueueUnavailableError } from './errors.ts';
export { createQueueSender, type OutgoingMessage, type QueueSender } from './queue-sender.ts';
