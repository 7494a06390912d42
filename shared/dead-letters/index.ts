export { type QueueName, queues } from './places.ts';
export { type DeadLetterDeps, discard, listDeadLetters, readDeadLetter, resubmit } from './service.ts';
