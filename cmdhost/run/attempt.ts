import { writeFile } from 'node:fs/promises';
import type { CommandError, Job, OutputFile, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { inSpan, type Logger } from '../../shared/telemetry/index.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { AdapterJob, AdapterLine } from '../adapters/contract.ts';
import type { ApiClient } from '../api-client.ts';
import { LeaseLostError, RunFailure, RunStopped, runFailure } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { processIdentity } from '../processes.ts';
import { type AdapterExit, type AdapterProcess, startAdapter } from './adapter-process.ts';
import { type Heartbeats, startHeartbeats } from './heartbeats.ts';
import { fetchInput } from './inputs.ts';
import { createLogTail, type LogTail } from './log-tail.ts';
import { uploadOutputs } from './outputs.ts';
import { measureOutputs, readAdapterResult } from './result-file.ts';
import { prepareRunFolder, type RunFolder, runFolderOf } from './work-folder.ts';

export interface AttemptContext {
  readonly config: Pick<CmdhostConfig, 'workstation' | 'workFolder' | 'adapters'>;
  readonly api: ApiClient;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  /** The server asks the agent to take no more work, or to go on. */
  readonly onDrain: (drain: boolean) => void;
}

/** One attempt on its way: what its heartbeats tell and what ends it. */
interface Run {
  readonly job: Job;
  readonly context: AttemptContext;
  readonly folder: RunFolder;
  readonly tail: LogTail;
  readonly stop: AbortController;
  startedAt: string | null;
  phase: string;
  percent: number | null;
}

type Outcome = Pick<ResultMessage, 'kind' | 'outputs' | 'error'>;

export interface RunningAttempt {
  /** Resolves once the journal holds the result, or says that nobody wants one. Never rejects. */
  readonly done: Promise<void>;
  /** Ends the adapter; the attempt is then reported lost. */
  stop(): void;
}

/** Runs a job that the journal holds as claimed: inputs, adapter, outputs, result. */
export function startAttempt(job: Job, context: AttemptContext): RunningAttempt {
  const folder = runFolderOf(context.config.workFolder, job.attemptId);
  const stop = new AbortController();
  const run: Run = {
    job,
    context,
    folder,
    stop,
    tail: createLogTail(),
    startedAt: null,
    phase: 'Preparing',
    percent: null,
  };
  return { done: settle(run), stop: () => stop.abort(new RunStopped('agent-stopped')) };
}

async function settle(run: Run): Promise<void> {
  const { job, context, stop } = run;
  const timer = setTimeout(() => stop.abort(new RunStopped('timed-out')), job.attemptTimeoutMs);
  const heartbeats = startHeartbeats({
    api: context.api,
    job,
    log: context.log,
    state: () => ({
      startedAt: run.startedAt,
      phase: run.phase.slice(0, 100),
      percent: run.percent,
      logTail: run.tail.lines(),
    }),
    onLeaseLost: () => stop.abort(new RunStopped('lease-lost')),
    onAnswer: (action) => {
      if (action === 'cancel') stop.abort(new RunStopped('cancelled'));
      else context.onDrain(action === 'drain');
    },
  });
  try {
    const outcome = await execute(run, heartbeats).catch((error: unknown) => outcomeOf(error, run));
    if (outcome === 'lease-lost') context.journal.dropped(job.attemptId);
    else context.journal.ended(resultOf(run, outcome));
  } catch (error) {
    // The journal cannot be written: the server's lease watchdog ends the attempt.
    context.log.error('the result of an attempt could not be kept', { attemptId: job.attemptId, error });
  } finally {
    clearTimeout(timer);
    heartbeats.stop();
  }
}

async function execute(run: Run, heartbeats: Heartbeats): Promise<Outcome> {
  const { job, folder, stop, context } = run;
  await prepareRunFolder(folder);
  const paths = await Promise.all(
    job.inputs.map(async (input) => fetchInput(input, folder.input, stop.signal)),
  );
  await writeFile(folder.jobFile, JSON.stringify(adapterJobOf(run, paths)), { mode: 0o600 });
  const exit = await inSpan('run adapter', { operationKey: 'command.adapter' }, async () =>
    runAdapter(run, heartbeats),
  );
  stop.signal.throwIfAborted();
  const result = await readAdapterResult(folder.resultFile);
  if (!result) throw withoutResult(job, exit);
  if (result.outcome === 'failed') return { kind: 'failed', error: result.error };
  run.phase = 'Uploading outputs';
  const measured = await measureOutputs(folder.output, result.outputs);
  const outputs: OutputFile[] = await uploadOutputs(measured, { api: context.api, job, signal: stop.signal });
  stop.signal.throwIfAborted();
  return { kind: 'succeeded', outputs };
}

async function runAdapter(run: Run, heartbeats: Heartbeats): Promise<AdapterExit> {
  const { stop, context, job } = run;
  stop.signal.throwIfAborted();
  const adapter = await spawnAdapter(run);
  const kill = (): void => {
    adapter.kill().catch((error: unknown) => {
      context.log.error('an adapter could not be ended', {
        attemptId: job.attemptId,
        pid: adapter.pid,
        error,
      });
    });
  };
  stop.signal.addEventListener('abort', kill);
  try {
    run.startedAt = context.clock.now().toISOString();
    run.phase = 'Running';
    const identity = await processIdentity(adapter.pid);
    // One that has ended already leaves nothing behind to be found after a crash.
    if (identity) context.journal.started(job.attemptId, { pid: adapter.pid, identity }, run.startedAt);
    if (stop.signal.aborted) kill();
    heartbeats.beat();
    return await adapter.exited;
  } catch (error) {
    kill();
    await adapter.exited;
    throw error;
  } finally {
    stop.signal.removeEventListener('abort', kill);
  }
}

async function spawnAdapter(run: Run): Promise<AdapterProcess> {
  const { job, folder, tail, context } = run;
  const adapter = context.config.adapters.find(({ application }) => application === job.application);
  if (!adapter) throw unavailable(`no adapter for ${job.application} is configured`);
  const onLine = (line: AdapterLine): void => {
    if (line.type === 'log') tail.add(`${line.level}: ${line.message}`);
    else {
      run.phase = line.phase;
      run.percent = line.percent ?? run.percent;
    }
  };
  try {
    return await startAdapter(
      {
        command: [...adapter.command, '--job', folder.jobFile],
        environment: adapter.environment,
        cwd: folder.path,
      },
      { onLine, onText: (text) => tail.add(text) },
    );
  } catch (cause) {
    throw unavailable(`the adapter for ${job.application} cannot be started`, cause);
  }
}

function unavailable(message: string, cause?: unknown): RunFailure {
  return runFailure('ADAPTER_UNAVAILABLE', message, { retryable: true, cause });
}

function withoutResult(job: Job, { code, signal }: AdapterExit): RunFailure {
  if (code === 0)
    return runFailure('ADAPTER_PROTOCOL', 'the adapter ended without a result file', { retryable: false });
  const how = signal ? `by ${signal}` : `with exit code ${code}`;
  const name = job.application.toUpperCase() as Uppercase<string>;
  return runFailure(`${name}_CRASHED`, `the adapter ended ${how} and left no result`, { retryable: true });
}

function adapterJobOf(run: Run, paths: readonly string[]): AdapterJob {
  const { job, folder, context } = run;
  const { commandId, attemptId, attempt, application, commandType, parameters, routing } = job;
  return {
    schemaVersion: 1,
    commandId,
    attemptId,
    attempt,
    application,
    commandType,
    parameters,
    workstation: context.config.workstation,
    routing,
    inputs: job.inputs.map(({ fileName, role, sizeBytes, sha256 }, index) => ({
      fileName,
      role,
      path: paths[index] ?? '',
      sizeBytes,
      sha256,
    })),
    outputFolder: folder.output,
    resultFile: folder.resultFile,
  };
}

/** What a run that threw comes to. A stop explains whatever it made fail. */
function outcomeOf(error: unknown, { stop, job, context }: Run): Outcome | 'lease-lost' {
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
  if (reason instanceof RunStopped) return stoppedOutcome(reason.why, job);
  if (reason instanceof LeaseLostError) return 'lease-lost';
  if (reason instanceof RunFailure) return { kind: 'failed', error: reason.error };
  context.log.error('the agent failed to carry out an attempt', { attemptId: job.attemptId, error });
  const message = error instanceof Error ? error.name : 'unknown error';
  return failure('failed', {
    code: 'AGENT_FAILED',
    message: `fault of the agent: ${message}`,
    retryable: true,
  });
}

function stoppedOutcome(why: RunStopped['why'], job: Job): Outcome | 'lease-lost' {
  switch (why) {
    case 'lease-lost':
      return 'lease-lost';
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'timed-out': {
      const message = `the run was ended after ${job.attemptTimeoutMs} ms`;
      return failure('failed', { code: 'TIMED_OUT', message, retryable: true });
    }
    case 'agent-stopped': {
      const message = 'the agent was stopped and ended the run';
      return failure('lost', { code: 'AGENT_STOPPED', message, retryable: true });
    }
  }
}

function failure(kind: 'failed' | 'lost', error: CommandError): Outcome {
  return { kind, error };
}

function resultOf({ job, context, tail, startedAt }: Run, outcome: Outcome): ResultMessage {
  const { commandId, run, attempt, attemptId, fence } = job;
  return {
    schemaVersion: 1,
    commandId,
    run,
    attempt,
    attemptId,
    fence,
    startedAt,
    endedAt: context.clock.now().toISOString(),
    workstation: context.config.workstation,
    ...outcome,
    logTail: tail.lines(),
  };
}
