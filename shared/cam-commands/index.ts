export { type AgentService, type AgentServiceDeps, createAgentService } from './agent-service.ts';
export {
  type AttemptDeps,
  type AttemptKey,
  type Begun,
  type Ending,
  beginCommand,
  concludeCancelled,
  concludeFailed,
  concludeRetry,
  enqueueAttempt,
  withdrawAttempt,
} from './attempts.ts';
export {
  type CommandFilter,
  type CommandServiceDeps,
  cancelCommand,
  instanceIdOf,
  listCommands,
  readCommand,
} from './command-service.ts';
export { type CommandPolicy, type CommandType, CommandTypes } from './command-types.ts';
export { commandSummary, commandView, toCommandSummary } from './command-view.ts';
export { CamCommandError, type CamCommandErrorCode } from './errors.ts';
export {
  COMMAND_QUEUE,
  DEFAULT_PRIORITY,
  type Order,
  type OrderDeps,
  findCommand,
  orderCommand,
} from './order.ts';
export { type Success, concludeSucceeded } from './succeed.ts';
export { type WatchdogMemory, bellsToRing, findLostAttempts } from './supervision.ts';
