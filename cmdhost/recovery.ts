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
}

/** Settles every attempt a former agent process left unfinished. The results go out with the other unsent ones. */
export async function recover({ journal, workstation, clock, log }: RecoveryContext): Promise<void> {
  for (const entry of journal.unfinished()) {
    const { kill, result } = decideRecovery(entry, workstation, clock.now());
    const adapter = kill ? await killLeftover(kill) : 'none-known';
    journal.ended(result);
    log.warn('an attempt of a former agent process is reported lost', {
      attemptId: entry.attemptId,
      adapter,
    });
  }
}
