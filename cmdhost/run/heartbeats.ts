import type { HeartbeatAnswer, HeartbeatRequest, Job } from '../../shared/cam-commands/contracts.ts';
import type { Logger } from '../../shared/telemetry/index.ts';
import type { ApiClient } from '../api-client.ts';
import { LeaseLostError } from '../errors.ts';

export interface Heartbeats {
  /** Sends one after the delay, unless one is due before; right after the one under way, if any. */
  beat(delayMs: number): void;
  /**
   * The run is over and its result on the way: goes on renewing the lease until the server holds it no more, at most ten minutes.
   * Answers are heard no more.
   */
  linger(): void;
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
/** A result that nobody could take in for so long is no reason to hold the attempt any longer. */
const LINGER_MS = 10 * 60_000;
/** Intervals until the first heartbeat after the end: a result that was taken in by then needs none. The lease lasts longer. */
const LINGER_AFTER_BEATS = 3;

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
  let lingeringUntilMs: number | undefined;

  const send = async (): Promise<void> => {
    try {
      const answer = await api.heartbeat(
        attemptId,
        { schemaVersion: 1, fence, ...state() },
        AbortSignal.timeout(timeoutMs),
      );
      if (failing) log.info('heartbeats get through again', { attemptId });
      failing = false;
      if (!stopped && lingeringUntilMs === undefined) onAnswer(answer.action);
    } catch (error) {
      if (stopped) return;
      if (error instanceof LeaseLostError) {
        if (lingeringUntilMs === undefined) onLeaseLost();
        stopped = true;
      } else if (!failing) log.warn('a heartbeat did not get through; the run goes on', { attemptId, error });
      failing = true;
    }
  };

  const beat = (): void => {
    if (stopped || performance.now() > (lingeringUntilMs ?? Infinity)) return;
    wanted = true;
    if (sending) return;
    clearTimeout(timer);
    sending = true;
    wanted = false;
    void send().then(() => {
      sending = false;
      if (stopped) return;
      if (wanted) return beat();
      clearTimeout(timer);
      timer = setTimeout(beat, heartbeatIntervalMs);
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
    linger: () => {
      lingeringUntilMs = performance.now() + LINGER_MS;
      clearTimeout(timer);
      timer = setTimeout(beat, LINGER_AFTER_BEATS * heartbeatIntervalMs).unref();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
