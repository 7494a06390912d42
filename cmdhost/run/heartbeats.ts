import type { HeartbeatAnswer, HeartbeatRequest, Job } from '../../shared/cam-commands/contracts.ts';
import type { Logger } from '../../shared/telemetry/index.ts';
import type { ApiClient } from '../api-client.ts';
import { LeaseLostError } from '../errors.ts';

export interface Heartbeats {
  /** Sends one after the delay, unless one is due before; right after the one under way, if any. */
  beat(delayMs: number): void;
  stop(): void;
}

export interface HeartbeatOptions {
  readonly api: ApiClient;
  readonly job: Job;
  /** What to tell: read when a heartbeat is sent. */
  readonly state: () => Pick<HeartbeatRequest, 'startedAt' | 'phase' | 'percent' | 'logTail'>;
  readonly onAnswer: (action: HeartbeatAnswer['action']) => void;
  readonly onLeaseLost: () => void;
  readonly log: Logger;
}

const MAX_TIMEOUT_MS = 10_000;

/**
 * Renews the lease every `heartbeatIntervalMs`, one request at a time. A failure does not touch the run: it is logged when
 * heartbeats begin to fail and when they get through again.
 */
export function startHeartbeats(options: HeartbeatOptions): Heartbeats {
  const { api, job, state, onAnswer, onLeaseLost, log } = options;
  const { attemptId, fence, heartbeatIntervalMs } = job;
  const timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(1_000, heartbeatIntervalMs));
  let timer: NodeJS.Timeout | undefined;
  let sending = false;
  let wanted = false;
  let stopped = false;
  let failing = false;

  const send = async (): Promise<void> => {
    try {
      const answer = await api.heartbeat(
        attemptId,
        { schemaVersion: 1, fence, ...state() },
        AbortSignal.timeout(timeoutMs),
      );
      if (failing) log.info('heartbeats get through again', { attemptId });
      failing = false;
      if (!stopped) onAnswer(answer.action);
    } catch (error) {
      if (stopped) return;
      if (error instanceof LeaseLostError) onLeaseLost();
      else if (!failing) log.warn('a heartbeat did not get through; the run goes on', { attemptId, error });
      failing = true;
    }
  };

  const beat = (): void => {
    if (stopped) return;
    wanted = true;
    if (sending) return;
    clearTimeout(timer);
    sending = true;
    wanted = false;
    void send().then(() => {
      sending = false;
      if (stopped) return;
      if (wanted) beat();
      else timer = setTimeout(beat, heartbeatIntervalMs);
    });
  };

  timer = setTimeout(beat, heartbeatIntervalMs);
  return {
    beat: (delayMs) => {
      if (stopped || delayMs >= heartbeatIntervalMs) return;
      if (sending) return beat();
      clearTimeout(timer);
      timer = setTimeout(beat, delayMs);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
