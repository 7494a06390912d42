export { createServiceBusClient, type ServiceBusSettings } from './client.ts';
export {
  type DeadLetterOptions,
  type DeadLetters,
  type HeldMessage,
  type StandingMessage,
  createDeadLetters,
} from './dead-letters.ts';
export { MessageRefusedError, QueueUnavailableError } from './errors.ts';
export { createQueueSender, type OutgoingMessage, type QueueSender } from './queue-sender.ts';
export type { CopyEdits } from './raw/message-copy.ts';
