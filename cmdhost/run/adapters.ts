import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import type { HostedProcess, KnownProcess } from '../runner/client.ts';
import type { RunnerHolder } from '../runner/holder.ts';
import type { ProcessExit } from '../runner/hosted-process.ts';
import { type AdapterEvents, dispatch } from './adapter-lines.ts';
import type { RunFolder } from './work-folder.ts';
import { createWarmAdapters, type WarmAdapters } from './warm-adapters.ts';

export type AdapterConfig = CmdhostConfig['adapters'][number];

export interface AdapterJobRequest {
  readonly adapter: AdapterConfig;
  readonly attemptId: string;
  readonly folder: RunFolder;
  readonly events: AdapterEvents;
}

/** `isDone`: the adapter ended the job by itself, by exit code 0, or by its word when it serves and lives on. */
export interface AdapterEnd extends ProcessExit {
  readonly isDone: boolean;
}

/** One job with an adapter: a process of its own, or one that serves. */
export interface AdapterRun {
  readonly process: KnownProcess;
  /** How the job ended. Rejects with `RunnerLostError`. */
  readonly ended: Promise<AdapterEnd>;
  /** Ends the process and all it has started, at once. */
  kill(): void;
  /** To be called once after `ended`: whether a result was found, so that the process is fit for another job. */
  release(isFit: boolean): void;
}

export interface Adapters {
  /** @throws {RunnerLostError}; {Error} with the system's reason when the adapter cannot be started */
  run(request: AdapterJobRequest): Promise<AdapterRun>;
  /** Ends the processes that wait for a job. Resolves once they have ended, or soon. */
  stop(): Promise<void>;
}

export interface AdaptersOptions {
  readonly runner: RunnerHolder;
  readonly workFolder: string;
  readonly seats: number;
}

export function createAdapters(options: AdaptersOptions): Adapters {
  const warm: WarmAdapters = createWarmAdapters(options);
  return {
    run: async (request) =>
      request.adapter.keepWarm > 0 ? warm.run(request) : runOnce(options.runner, warm, request),
    stop: async () => warm.stop(),
  };
}

async function runOnce(
  runner: RunnerHolder,
  warm: WarmAdapters,
  { adapter, folder, events }: AdapterJobRequest,
): Promise<AdapterRun> {
  const leave = await warm.takePlace();
  let hosted: HostedProcess;
  try {
    hosted = await runner.start({
      command: [...adapter.command, '--job', folder.jobFile],
      environment: adapter.environment,
      cwd: folder.path,
      onLine: (stream, text) => dispatch(stream, text, events),
    });
  } catch (error) {
    leave();
    throw error;
  }
  const ended = hosted.exited.then((exit) => ({ ...exit, isDone: exit.code === 0 }));
  void ended.then(leave, leave);
  return {
    process: hosted,
    ended,
    kill: () => hosted.kill(),
    release: () => undefined,
  };
}
