import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Application, Job } from '../shared/cam-commands/contracts.ts';
import { inSpan, type Logger } from '../shared/telemetry/index.ts';
import type { ApiClient } from './api-client.ts';
import { ApiRefusedError, ApiUnavailableError, UnreadableJobError } from './errors.ts';
import { pause, retry, UNTIL_IT_WORKS } from './retry.ts';

export interface ClaimLoop {
  /**
   * There may be work. Resolves `asked` once a claim begun after this call was answered, or `full` when no seat was left to ask
   * for; `stopped` when the agent ends first.
   */
  ring(): Promise<RingAnswer>;
  /** Resolves once bells are of use: a seat is free, no claim is under way and the server wants this agent to work. */
  untilListening(signal: AbortSignal): Promise<void>;
  /** Runs `listener` when no seat is left, or the agent is drained or stopped; call the answer to end that. */
  onFull(listener: () => void): () => void;
  /** While drained no freed seat asks for work and no bell is heard; the idle poll alone still asks. */
  drain(drained: boolean): void;
  /** While held for any reason nothing is claimed at all and no bell is heard. */
  hold(reason: HoldReason, held: boolean): void;
  /** Whether a claim is under way, which may bring a job yet. */
  isClaiming(): boolean;
  /** No claim begins from now on. Resolves once none is under way. */
  stop(): Promise<void>;
}

/** No runner is there to start a program; an operator has drained the agent; the disk is nearly full. */
export type HoldReason = 'runner' | 'drain' | 'disk';

export type RingAnswer = 'asked' | 'full' | 'stopped';

export interface ClaimLoopOptions {
  readonly api: ApiClient;
  readonly workstation: string;
  readonly applications: Application[];
  readonly seats: number;
  readonly idlePollMs: number;
  /** Carries out a job. Its seat is free again once `onProgramEnded` is called, or this resolves. Must not reject. */
  readonly run: (job: Job, events: JobEvents) => Promise<void>;
  /** Reports an attempt that was claimed and cannot be carried out. May throw. */
  readonly refuse: (error: UnreadableJobError) => void;
  /** What holds it from the start. */
  readonly held: readonly HoldReason[];
  /** Announces this workstation: the server does not know it (any more). */
  readonly announce: (signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

export interface JobEvents {
  /** The journal knows the job. One that ends without this could not be begun. */
  readonly onBegun: () => void;
  readonly onProgramEnded: () => void;
}

/**
 * A claim that was refused, or answered with what the agent cannot work with, would hardly fare better at once; and an agent that
 * understands no job, or can begin none, must not take them all from those that do.
 */
const AFTER_REFUSAL_MS = 15_000;
/**
 * A claim that is still without an answer so long after the loop was held is given up: who drains an agent whose API is away must not wait
 * for the API. A job that the server gave it meanwhile is lost to its lease, and made again.
 */
const GIVE_UP_MS = 30_000;
/** Jobs to a seat that may be under way: one runs, and what another one has made is uploaded. */
const JOBS_PER_SEAT = 2;

/**
 * Fills free seats: claims one job at a time, until nothing waits or no seat is free; then sleeps until a bell, a freed seat or the
 * idle poll. A claim whose answer was lost is repeated with the same id, so that its job is not.
 */
export function startClaimLoop(options: ClaimLoopOptions): ClaimLoop {
  const { log } = options;
  const events = new EventEmitter().setMaxListeners(0);
  const stopped = new AbortController();
  /** Counts reasons to ask; `answered` is the last one that a claim has settled. */
  let asked = 0;
  let answered = 0;
  let busy = 0;
  /** Jobs under way, those without a seat among them. */
  let jobs = 0;
  let claiming: Promise<void> | undefined;
  let drained = false;
  const held = new Set<HoldReason>(options.held);
  let givenUp = new AbortController();
  let giveUpTimer: NodeJS.Timeout | undefined;
  let waiters: { ring: number; resolve: (answer: RingAnswer) => void }[] = [];

  const hasSeat = (): boolean => busy < options.seats && jobs < JOBS_PER_SEAT * options.seats;
  const mayAsk = (): boolean => !stopped.signal.aborted && held.size === 0 && hasSeat() && asked > answered;
  const isFull = (): boolean => stopped.signal.aborted || drained || held.size > 0 || !hasSeat();
  const tell = (): void => {
    if (isFull()) events.emit('full');
    else if (!claiming) events.emit('listening');
  };

  const wake = (upTo: number, answer: RingAnswer): void => {
    const ready = waiters.filter(({ ring }) => ring <= upTo);
    waiters = waiters.filter(({ ring }) => ring > upTo);
    for (const { resolve } of ready) resolve(answer);
  };

  /** @returns whether the job was begun */
  const occupy = async (job: Job): Promise<boolean> => {
    busy += 1;
    jobs += 1;
    drained = false;
    tell();
    let seated = true;
    const giveBack = ({ jobEnded }: { readonly jobEnded: boolean }): void => {
      const hadSeat = hasSeat();
      if (seated) busy -= 1;
      seated = false;
      if (jobEnded) jobs -= 1;
      // With a seat free all the time, whatever came was asked for.
      if (!hadSeat && hasSeat() && !drained) ask();
      tell();
    };
    const begun = Promise.withResolvers<boolean>();
    const on = {
      onBegun: () => begun.resolve(true),
      onProgramEnded: () => giveBack({ jobEnded: false }),
    };
    void options.run(job, on).finally(() => {
      giveBack({ jobEnded: true });
      begun.resolve(false);
    });
    return begun.promise;
  };

  const refuse = (error: unknown): void => {
    if (!(error instanceof UnreadableJobError)) return log.error('a claim was refused', { error });
    try {
      options.refuse(error);
    } catch (cause) {
      log.error('a job that is not understood could not be reported', { ...error.attempt, error: cause });
    }
  };
  const rest = async (): Promise<void> => pause(AFTER_REFUSAL_MS, stopped.signal).catch(() => undefined);

  const claimAll = async (): Promise<void> => {
    while (mayAsk()) {
      const ring = asked;
      const { signal } = givenUp;
      try {
        const job = await claimOne(options, AbortSignal.any([stopped.signal, signal]));
        if (!job) answered = Math.max(answered, ring);
        const isBegun = !job || (await occupy(job));
        wake(ring, 'asked');
        if (!isBegun) await rest();
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (signal.aborted) return log.warn('a claim without an answer is given up', { error });
        refuse(error);
        await rest();
      }
    }
  };

  const ask = (): number => {
    asked += 1;
    if (claiming || !mayAsk()) return asked;
    claiming = claimAll().finally(() => {
      claiming = undefined;
      wake(Infinity, stopped.signal.aborted ? 'stopped' : 'full');
      tell();
    });
    return asked;
  };

  const idlePoll = setInterval(ask, options.idlePollMs);
  ask();

  return {
    ring: async () => {
      if (stopped.signal.aborted) return 'stopped';
      const ring = ask();
      if (!claiming) return 'full';
      return new Promise((resolve) => waiters.push({ ring, resolve }));
    },
    untilListening: async (signal) => {
      while (isFull() || claiming) await once(events, 'listening', { signal });
    },
    onFull: (listener) => {
      events.on('full', listener);
      return () => events.off('full', listener);
    },
    drain: (value) => {
      if (drained === value) return;
      drained = value;
      if (!value) ask();
      tell();
    },
    isClaiming: () => claiming !== undefined,
    hold: (reason, hold) => {
      if (held.has(reason) === hold) return;
      if (hold) held.add(reason);
      else held.delete(reason);
      if (hold && held.size === 1) giveUpTimer = setTimeout(() => givenUp.abort(), GIVE_UP_MS).unref();
      if (held.size === 0) {
        clearTimeout(giveUpTimer);
        givenUp = new AbortController();
        ask();
      }
      tell();
    },
    stop: async () => {
      clearInterval(idlePoll);
      clearTimeout(giveUpTimer);
      stopped.abort();
      tell();
      await claiming;
    },
  };
}

/** One claim, repeated under the same id until an answer came. */
async function claimOne(options: ClaimLoopOptions, signal: AbortSignal): Promise<Job | undefined> {
  const { api, workstation, applications, log } = options;
  const claimId = randomUUID();
  const claim = async (): Promise<Job | undefined> => {
    try {
      return await api.claim({ schemaVersion: 1, workstation, claimId, applications }, signal);
    } catch (error) {
      if (!isNotAnnounced(error)) throw error;
      log.warn('the server does not know this workstation; it is announced again');
      await options.announce(signal);
      throw new ApiUnavailableError('announced again', { cause: error });
    }
  };
  let outage = false;
  return retry(async () => inSpan('claim work', { kind: 'client', operationKey: 'agent.claim' }, claim), {
    policy: UNTIL_IT_WORKS,
    signal,
    isTransient: (error) => error instanceof ApiUnavailableError,
    onRetry: (error, attempt) => {
      if (!outage) log.warn('a claim got no answer and is repeated', { claimId, attempt, error });
      outage = true;
    },
  });
}

function isNotAnnounced(error: unknown): boolean {
  return (
    error instanceof ApiRefusedError &&
    error.status === 409 &&
    error.message.includes('workstation-not-announced')
  );
}
