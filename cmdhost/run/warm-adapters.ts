import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServeJob } from '../adapters/contract.ts';
import { within } from '../retry.ts';
import type { HostedProcess } from '../runner/client.ts';
import { type AdapterEvents, dispatch, doneAttempt } from './adapter-lines.ts';
import type {
  AdapterConfig,
  AdapterEnd,
  AdapterJobRequest,
  AdapterRun,
  AdaptersOptions,
} from './adapters.ts';

export interface WarmAdapters {
  /** Makes room for a process that does not serve. The answer gives its place back, and may be called more than once. */
  takePlace(): Promise<() => void>;
  run(request: AdapterJobRequest): Promise<AdapterRun>;
  stop(): Promise<void>;
}

/** A process that serves. */
interface Warm {
  readonly adapter: AdapterConfig;
  readonly process: HostedProcess;
  jobs: number;
  job: CurrentJob | undefined;
  /** Runs while it waits for a job. */
  idle: NodeJS.Timeout | undefined;
}

interface CurrentJob {
  readonly attemptId: string;
  readonly events: AdapterEvents;
  readonly ended: PromiseWithResolvers<AdapterEnd>;
}

/** What a CAM program leaks is given back after so many jobs. */
const MAX_JOBS = 500;
/** How long a stop of the agent waits for idle adapters to close what they hold. */
const STOP_MS = 2_000;
/** How long one that was told to end may take to give its place, and its licence, to the next. */
const END_MS = 6_000;
const STILL_RUNS: AdapterEnd = { code: 0, signal: null, isDone: true };

/**
 * Adapters that stay for further jobs, one job at a time each. No more processes than seats: an idle one of another application makes
 * room. Each ends after `keepWarm` without a job, after a job without a result, and after `MAX_JOBS`.
 */
export function createWarmAdapters({ runner, workFolder, seats }: AdaptersOptions): WarmAdapters {
  const all = new Set<Warm>();
  /** Processes that start, and those that do not serve. */
  const others = new Set<object>();
  /** Told to end, and still there. */
  const ending = new Set<Promise<unknown>>();
  let stopped = false;

  const idleOf = (fits: (adapter: AdapterConfig) => boolean): Warm[] =>
    [...all].filter((warm) => warm.idle !== undefined && fits(warm.adapter));

  const end = (warm: Warm): void => {
    clearTimeout(warm.idle);
    all.delete(warm);
    endProcess(warm);
  };
  const endProcess = ({ process }: Warm): void => {
    const left: Promise<unknown> = within(END_MS, Promise.allSettled([process.exited])).then(() =>
      ending.delete(left),
    );
    ending.add(left);
    process.end();
  };

  /** Taken before anything is awaited, so that two jobs at once do not take one place. */
  const takePlace = async (): Promise<() => void> => {
    const place = {};
    others.add(place);
    // The set keeps the order in which they came to wait.
    for (const oldest of idleOf(() => true)) if (all.size + others.size > seats) end(oldest);
    while (ending.size > 0 && all.size + others.size + ending.size > seats) await Promise.race(ending);
    return () => others.delete(place);
  };

  const start = async (adapter: AdapterConfig): Promise<Warm> => {
    const leave = await takePlace();
    try {
      return await startIn(adapter);
    } finally {
      leave();
    }
  };

  const startIn = async (adapter: AdapterConfig): Promise<Warm> => {
    const cwd = join(workFolder, 'adapters', adapter.application);
    await mkdir(cwd, { recursive: true, mode: 0o700 });
    const made: { warm?: Warm } = {};
    const process = await runner.start({
      command: [...adapter.command, '--serve'],
      environment: adapter.environment,
      cwd,
      onLine: (stream, text) => hear(made.warm?.job, stream, text),
    });
    const warm: Warm = { adapter, process, jobs: 0, job: undefined, idle: undefined };
    made.warm = warm;
    all.add(warm);
    const gone = (): void => {
      clearTimeout(warm.idle);
      all.delete(warm);
    };
    process.exited.then(
      (exit) => {
        gone();
        warm.job?.ended.resolve({ ...exit, isDone: false });
      },
      (error: unknown) => {
        gone();
        warm.job?.ended.reject(error);
      },
    );
    return warm;
  };

  const release = (warm: Warm, isFit: boolean): void => {
    warm.job = undefined;
    if (!all.delete(warm)) return;
    if (!isFit) return warm.process.kill();
    if (stopped || warm.jobs >= MAX_JOBS) return endProcess(warm);
    all.add(warm);
    warm.idle = setTimeout(() => end(warm), warm.adapter.keepWarm);
  };

  return {
    takePlace,
    run: async ({ adapter, attemptId, folder, events }) => {
      // The latest: the others may so come to their end.
      const found = idleOf(({ application }) => application === adapter.application).at(-1);
      clearTimeout(found?.idle);
      if (found) found.idle = undefined;
      const warm = found ?? (await start(adapter));
      const job: CurrentJob = { attemptId, events, ended: Promise.withResolvers() };
      job.ended.promise.catch(() => undefined);
      warm.job = job;
      warm.jobs += 1;
      if (!all.has(warm))
        void warm.process.exited.then(
          (exit) => job.ended.resolve({ ...exit, isDone: false }),
          job.ended.reject,
        );
      const line: ServeJob = { type: 'job', jobFile: folder.jobFile };
      warm.process.write(JSON.stringify(line));
      return {
        process: warm.process,
        ended: job.ended.promise,
        kill: () => warm.process.kill(),
        release: (isFit) => release(warm, isFit),
      };
    },
    stop: async () => {
      stopped = true;
      const waiting = idleOf(() => true);
      for (const warm of waiting) end(warm);
      await within(STOP_MS, Promise.allSettled(waiting.map(async (warm) => warm.process.exited)));
    },
  };
}

function hear(job: CurrentJob | undefined, stream: 'out' | 'err', text: string): void {
  if (!job) return;
  if (doneAttempt(stream, text) === job.attemptId) job.ended.resolve(STILL_RUNS);
  else dispatch(stream, text, job.events);
}
