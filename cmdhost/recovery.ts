import type { ResultMessage } from '../shared/cam-commands/contracts.ts';
import type { Logger } from '../shared/telemetry/index.ts';
import type { Clock } from '../shared/time/clock.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { killLeftover } from './processes.ts';
import { endOf } from './run/outcome.ts';

export interface RecoveryStep {
  /** The adapter that may still be running. */
  readonly kill: { readonly pid: number; readonly identity: string } | undefined;
  readonly result: ResultMessage;
}

/**
 * What a restarted agent does about an attempt that its predecessor left unfinished: end what may still run, and report it lost.
 * It is never run again here: the orchestration decides about another attempt.
 */
export function decideRecovery(entry: JournalEntry, workstation: string, now: Date): RecoveryStep {
  const { commandId, run, attempt, attemptId, fence } = entry;
  const where = entry.state === 'started' ? 'while the run was on' : 'before the run was seen to start';
  return {
    kill: entry.process,
    result: {
      schemaVersion: 1,
      commandId,
      run,
      attempt,
      attemptId,
      fence,
      kind: 'lost',
      startedAt: entry.startedAt ?? null,
      endedAt: endOf(entry.startedAt ?? null, now),
      workstation,
      error: { code: 'AGENT_CRASHED', message: `the agent ended ${where}`, retryable: true },
    },
  };
}

export interface RecoveryContext {
  readonly journal: Journal;
  readonly workstation: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly end?: typeof killLeftover;
}

/**
 * Settles every attempt a former agent process left unfinished, also when its adapter cannot be looked for: the agent must start. The
 * results go out with the other unsent ones.
 */
export async function recover(context: RecoveryContext): Promise<void> {
  const { journal, workstation, clock, log, end = killLeftover } = context;
  for (const entry of journal.unfinished()) {
    const { kill, result } = decideRecovery(entry, workstation, clock.now());
    let adapter = kill ? 'unknown' : 'none-known';
    try {
      if (kill) adapter = await end(kill);
    } catch (error) {
      log.error('an adapter of a former agent process could not be ended', { pid: kill?.pid, error });
    }
    journal.ended(result);
    log.warn('an attempt of a former agent process is reported lost', {
      attemptId: entry.attemptId,
      adapter,
    });
  }
}
