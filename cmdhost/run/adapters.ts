import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import type { KnownProcess } from '../runner/client.ts';
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

/** One job with an adapter: a process of its own, or one that serves. */
export interface AdapterRun {
  readonly process: KnownProcess;
  /** How the process ended; of one that serves and lives on, exit code 0. Rejects with `RunnerLostError`. */
  readonly ended: Promise<ProcessExit>;
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
      request.adapter.keepWarm > 0 ? warm.run(request) : runOnce(options.runner, request),
    stop: async () => warm.stop(),
  };
}

async function runOnce(
  runner: RunnerHolder,
  { adapter, folder, events }: AdapterJobRequest,
): Promise<AdapterRun> {
  const hosted = await runner.start({
    command: [...adapter.command, '--job', folder.jobFile],
    environment: adapter.environment,
    cwd: folder.path,
    onLine: (stream, text) => dispatch(stream, text, events),
  });
  return {
    process: hosted,
    ended: hosted.exited,
    kill: () => hosted.kill(),
    release: () => undefined,
  };
}
