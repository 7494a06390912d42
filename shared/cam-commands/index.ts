export {
  type OpenRun,
  type RunState,
  type WatchMemory,
  NOTHING_SEEN,
  endAbandoned,
  runsToWatch,
  sendAgain,
  watchStep,
} from './abandoned.ts';
export { type AgentService, type AgentServiceDeps, createAgentService } from './agent-service.ts';
export { type AttemptDeps, type AttemptKey, findCommand } from './attempts.ts';
export { type Begun, beginCommand } from './begin.ts';
export {
  type BulkDeps,
  bulkActionItems,
  prepareBulkAction,
  readBulkAction,
  startBulkAction,
  stopBulkAction,
} from './bulk-service.ts';
export { type BulkRound, runBulkActions } from './bulk-run.ts';
export {
  bulkActionItem,
  bulkActionNames,
  bulkActionView,
  bulkItemResults,
  MAX_BULK_COMMANDS,
} from './bulk-view.ts';
export { ringBells, ringEach } from './bell.ts';
export { createBellCount } from './listeners.ts';
export { removeUnusedLanes } from './lanes.ts';
export { cancelCommand } from './cancel.ts';
export { cloneCommand } from './clone.ts';
export { commandIdOf } from './command-id.ts';
export { type CommandFilter, commandFilterFields, signature } from './command-filter.ts';
export { type CommandServiceDeps, listCommands, readCommand } from './command-service.ts';
export { instanceIdOf } from './instance-id.ts';
export { type CommandPolicy, type CommandType, CommandTypes } from './command-types.ts';
export { commandTypeView, toCommandTypeView } from './command-type-view.ts';
export { commandView, newCommandView } from './command-view.ts';
export { type Unsuccessful, concludeCancelled, concludeFailed, concludeRetry } from './conclude.ts';
export { CamCommandError, type CamCommandErrorCode } from './errors.ts';
export { commandFailure, listFailures } from './failures.ts';
export { type LimitLook, lookAtLimit } from './limits.ts';
export { type NextRun, type StartedRun, startNextRun } from './next-run.ts';
export { type LicencePools } from './licence-pools.ts';
export { type Pause, isInForce } from './pause-rules.ts';
export { endPastPauses, endPause, listPauses, startPause } from './pauses.ts';
export { COMMAND_QUEUE, DEFAULT_PRIORITY, type Order, type OrderDeps, orderCommand } from './order.ts';
export { type Enqueued, enqueueAttempt, withdrawAttempt } from './queue-attempt.ts';
export { readCommandMessage, readResultMessage } from './read-message.ts';
export { rejectMessage } from './rejected.ts';
export { type Reprocessed, reprocessFailed } from './reprocess.ts';
export { type Retried, retryCommand } from './retry.ts';
export { isRunOver } from './run-over.ts';
export { commandTimeline } from './timeline-view.ts';
export { readTimeline } from './timeline-service.ts';
export { type Success, concludeSucceeded } from './succeed.ts';
export {
  type WatchdogMemory,
  UNWATCHED,
  abandonAttempt,
  bellsToRing,
  findLostAttempts,
} from './supervision.ts';
export { explainWaits } from './wait-reasons.ts';
export { listLicencePools, listWorkstations, workstationView } from './workstation-list.ts';
