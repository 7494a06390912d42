export { type AgentService, type AgentServiceDeps, createAgentService } from './agent-service.ts';
export { type AttemptDeps, type AttemptKey, findCommand } from './attempts.ts';
export { type Begun, beginCommand } from './begin.ts';
export { ringBell } from './bell.ts';
export { commandIdOf } from './command-id.ts';
export {
  type CommandFilter,
  type CommandServiceDeps,
  cancelCommand,
  instanceIdOf,
  listCommands,
  readCommand,
} from './command-service.ts';
export { type CommandPolicy, type CommandType, CommandTypes } from './command-types.ts';
export { commandView, newCommandView } from './command-view.ts';
export { type Unsuccessful, concludeCancelled, concludeFailed, concludeRetry } from './conclude.ts';
export { CamCommandError, type CamCommandErrorCode } from './errors.ts';
export { type NextRun, type StartedRun, startNextRun } from './next-run.ts';
export { type LicencePools } from './licence-pools.ts';
export { type Pause, isInForce } from './pause-rules.ts';
export { endPastPauses, endPause, listPauses, startPause } from './pauses.ts';
export { COMMAND_QUEUE, DEFAULT_PRIORITY, type Order, type OrderDeps, orderCommand } from './order.ts';
export { type Enqueued, enqueueAttempt, withdrawAttempt } from './queue-attempt.ts';
export { describeIssues, rejectMessage } from './rejected.ts';
export { type Success, concludeSucceeded } from './succeed.ts';
export {
  type WatchdogMemory,
  UNWATCHED,
  abandonAttempt,
  bellsToRing,
  findLostAttempts,
} from './supervision.ts';
export { listLicencePools, listWorkstations, workstationView } from './workstation-list.ts';
