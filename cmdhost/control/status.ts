import type { RunningAttempt } from '../run/attempt.ts';
import type { AgentStatus } from './contracts.ts';

/** The running attempts as `cmdhost status` tells of them. */
export function runningOf(attempts: Iterable<RunningAttempt>): AgentStatus['running'] {
  return [...attempts].map((attempt) => ({
    attemptId: attempt.job.attemptId,
    commandId: attempt.job.commandId,
    application: attempt.job.application,
    commandType: attempt.job.commandType,
    ...attempt.progress(),
  }));
}
