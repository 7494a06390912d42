import type { CommandLimits } from './command-types.ts';
import type { CommandError } from './contracts.ts';

/**
 * How a run works, as its recorded first answer says. 2: limits are looked at in SQL when their time has come, the whole command
 * has one, and a cancellation ends a wait for the file store. Runs that version 0.1 began say nothing and go on as they began.
 */
export const RUN_PROTOCOL = 2;

export type LimitName = 'queue' | 'command';

/** Until when each limit lets a run go on, as far as is known; one that is left out binds nothing (any more). */
export type Deadlines = { readonly [Name in LimitName]?: Date | undefined };

export interface Alarm {
  readonly limit: LimitName;
  readonly at: Date;
}

/** The deadline that comes first; of two at the same instant the whole command's. */
export function nextAlarm({ queue, command }: Deadlines): Alarm | undefined {
  if (command && (!queue || command <= queue)) return { limit: 'command', at: command };
  return queue && { limit: 'queue', at: queue };
}

/** What a run in its backoff wakes up for: the next attempt, unless the whole command's limit comes before. */
export function nextWake(
  retryAt: Date,
  commandBy: Date | undefined,
): { readonly for: 'retry' | 'limit'; readonly at: Date } {
  return commandBy && commandBy < retryAt ? { for: 'limit', at: commandBy } : { for: 'retry', at: retryAt };
}

/** Limits as a run's history holds them; version 0.1 knew none for the whole command. */
export type RecordedLimits = Pick<CommandLimits, 'queueMs'> & Partial<Pick<CommandLimits, 'commandMs'>>;

/** How long a limit lets a run go on; undefined for one that the run knows nothing of. */
export function limitMsOf(limits: RecordedLimits, limit: LimitName): number | undefined {
  return limit === 'queue' ? limits.queueMs : limits.commandMs;
}

/** What a command fails with whose limit is passed. */
export function limitError(limit: LimitName, limits: RecordedLimits): CommandError {
  const time = inWords(limitMsOf(limits, limit) ?? 0);
  return limit === 'queue'
    ? {
        code: 'QUEUE_LIMIT',
        message: `No workstation took the command within ${time}.`,
        retryable: false,
      }
    : {
        code: 'COMMAND_LIMIT',
        message: `The command was not done within ${time}, retries included.`,
        retryable: false,
      };
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}
