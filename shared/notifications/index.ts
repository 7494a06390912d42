export { type Channels, createChannels } from './channels/create-channels.ts';
export { createNotices } from './create-notices.ts';
export {
  type IncidentDeps,
  acknowledgeIncident,
  listIncidents,
  readIncident,
  solveIncident,
} from './incident-service.ts';
export type { EndedCommand, Notices } from './notices.ts';
export { silentNotices } from './notices.ts';
export { removeOldNotifications } from './retention.ts';
export { type RelayDeps, sendNotifications } from './relay.ts';
export type { DeadLetterCount, QueueTrouble } from './watch/dead-letters.ts';
export { UNWATCHED_INCIDENTS, watchIncidents } from './watch/watch.ts';
export type { ExplainWaits, WaitExplanation } from './watch/waits.ts';
