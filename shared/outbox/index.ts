export {
  type OutboxEntry,
  type OutboxTargets,
  type RelayReport,
  addToOutbox,
  publish,
  relayOutbox,
} from './outbox.ts';
