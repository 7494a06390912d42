import { writeFile } from 'node:fs/promises';
import type { Job, OutputFile, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { inSpan, type Logger } from '../../shared/telemetry/index.ts';
import type { Clock } from '../../shared/time/clock.ts';
import { LONGEST_TIMER_MS } from '../../shared/time/duration.ts';
import type { AdapterLine, AdapterResult } from '../adapters/contract.ts';
import type { ApiClient } from '../api-client.ts';
import { RunnerLostError, type RunFailure, RunStopped, runFailure } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { adapterJobOf } from './adapter-job.ts';
import type { AdapterEnd, AdapterRun, Adapters } from './adapters.ts';
import { type Heartbeats, startHeartbeats } from './heartbeats.ts';
import { fetchInput, requireDistinctNames } from './inputs.ts';
import { createLogTail, type LogTail } from './log-tail.ts';
import { endOf, type Outcome, outcomeOf } from './outcome.ts';
import { uploadOutputs } from './outputs.ts';
import { measureOutputs, readAdapterResult } from './result-file.ts';
import { type StopLimits, untilOver, type UntilOverOptions } from './until-over.ts';
import { prepareRunFolder, type RunFolder, runFolderOf } from './work-folder.ts';

export interface AttemptContext {
  readonly config: Pick<CmdhostConfig, 'workstation' | 'workFolder' | 'adapters'>;
  readonly adapters: Adapters;
  readonly api: ApiClient;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stopLimits: StopLimits;
  /** The server asks the agent to take no more work, or to go on. */
  readonly onDrain: (drain: boolean) => void;
  /** The CAM program has ended and what it made is being uploaded: another one may run. Not called for an attempt that starts none. */
  readonly onProgramEnded: () => void;
}

/** The heartbeat that tells of the start waits so long: a run that is over by then needs none. */
const AFTER_START_MS = 250;

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

/** What `cmdhost status` tells of a running attempt. */
export interface AttemptProgress {
  readonly startedAt: string | null;
  readonly phase: string;
  readonly percent: number | null;
}

export interface RunningAttempt {
  readonly job: Job;
  progress(): AttemptProgress;
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
  return {
    job,
    done: settle(run),
    progress: () => ({ startedAt: run.startedAt, phase: run.phase, percent: run.percent }),
    stop: () => stop.abort(new RunStopped('agent-stopped')),
  };
}

async function settle(run: Run): Promise<void> {
  const { job, context, stop } = run;
  const timeoutMs = Math.min(job.attemptTimeoutMs, LONGEST_TIMER_MS);
  const timer = setTimeout(() => stop.abort(new RunStopped('timed-out')), timeoutMs);
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
    const outcome = await execute(run, heartbeats).catch((error: unknown) => failed(error, run));
    if (outcome === 'lease-lost') context.journal.dropped(job.attemptId);
    else context.journal.ended(resultOf(run, outcome));
    // Until the result is taken in the lease must not end, or the run would be made again for nothing.
    if (outcome === 'lease-lost') heartbeats.stop();
    else heartbeats.linger();
  } catch (error) {
    // The journal cannot be written: the server's lease watchdog ends the attempt.
    heartbeats.stop();
    context.log.error('the result of an attempt could not be kept', { attemptId: job.attemptId, error });
  } finally {
    clearTimeout(timer);
    // The outcome is decided: what one of several transfers has made fail ends the others.
    stop.abort();
  }
}

async function execute(run: Run, heartbeats: Heartbeats): Promise<Outcome> {
  const { job, folder, stop, context } = run;
  requireDistinctNames(job.inputs);
  await prepareRunFolder(folder);
  const paths = await Promise.all(
    job.inputs.map(async (input) => fetchInput(input, folder.input, stop.signal)),
  );
  const jobFile = adapterJobOf({ job, folder, paths, workstation: context.config.workstation });
  await writeFile(folder.jobFile, JSON.stringify(jobFile), { mode: 0o600 });
  const result = await inSpan('run adapter', { operationKey: 'command.adapter' }, async () =>
    runAdapter(run, heartbeats),
  );
  if (result.outcome === 'failed') return { kind: 'failed', error: result.error };
  run.phase = 'Uploading outputs';
  const measured = await measureOutputs(folder.output, result.outputs);
  const outputs: OutputFile[] = await uploadOutputs(measured, { api: context.api, job, signal: stop.signal });
  stop.signal.throwIfAborted();
  return { kind: 'succeeded', outputs };
}

/** The adapter's own result; its process is given back as soon as that is read. */
async function runAdapter(run: Run, heartbeats: Heartbeats): Promise<AdapterResult> {
  const { stop, folder, job } = run;
  stop.signal.throwIfAborted();
  const adapter = await startAdapter(run);
  let result: AdapterResult | undefined;
  try {
    const exit = await untilEnded(adapter, run, heartbeats);
    stop.signal.throwIfAborted();
    result = await readAdapterResult(folder.resultFile);
    if (!result) throw withoutResult(job, exit);
    return result;
  } finally {
    adapter.release(result !== undefined);
    run.context.onProgramEnded();
  }
}

async function untilEnded(adapter: AdapterRun, run: Run, heartbeats: Heartbeats): Promise<AdapterEnd> {
  const { context, job } = run;
  const { pid, identity } = adapter.process;
  const ending = stopOf(run, () => adapter.kill());
  run.startedAt = context.clock.now().toISOString();
  run.phase = 'Running';
  try {
    // One that has ended already, or that nothing tells from another, is not looked for after a crash.
    if (identity) context.journal.started(job.attemptId, { pid, identity }, run.startedAt);
  } catch (error) {
    const failure = AbortSignal.abort(error);
    await untilOver(adapter.ended, { ...ending, signal: failure }).catch(() => undefined);
    throw error;
  }
  heartbeats.beat(AFTER_START_MS);
  return untilOver(adapter.ended, ending);
}

/** How the run's adapter is ended, once the run is stopped. */
function stopOf({ stop, context, job }: Run, kill: () => void): UntilOverOptions {
  return {
    signal: stop.signal,
    limits: context.stopLimits,
    kill,
    onLate: (consequence) =>
      context.log.error('an adapter does not end', { attemptId: job.attemptId, consequence }),
  };
}

async function startAdapter(run: Run): Promise<AdapterRun> {
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
  const events = { onLine, onText: (text: string): void => tail.add(text) };
  const starting = context.adapters.run({ adapter, attemptId: job.attemptId, folder, events });
  try {
    return await untilOver(
      starting,
      stopOf(run, () => undefined),
    );
  } catch (cause) {
    if (run.stop.signal.aborted) {
      starting.then(discard, () => undefined);
      throw cause;
    }
    if (cause instanceof RunnerLostError) throw cause;
    throw unavailable(`the adapter for ${job.application} cannot be started`, cause);
  }
}

/** Ends one that started after nobody waited for it any more. */
function discard(adapter: AdapterRun): void {
  adapter.kill();
  adapter.ended.catch(() => undefined);
  adapter.release(false);
}

function unavailable(message: string, cause?: unknown): RunFailure {
  return runFailure('ADAPTER_UNAVAILABLE', message, { retryable: true, cause });
}

function withoutResult(job: Job, { code, signal, isDone }: AdapterEnd): RunFailure {
  if (isDone)
    return runFailure('ADAPTER_PROTOCOL', 'the adapter ended without a result file', { retryable: false });
  const how = signal ? `by ${signal}` : `with exit code ${code}`;
  const name = job.application.toUpperCase() as Uppercase<string>;
  return runFailure(`${name}_CRASHED`, `the adapter ended ${how} and left no result`, { retryable: true });
}

/** What a run that threw comes to. A stop explains whatever it made fail. */
function failed(error: unknown, { stop, job, context }: Run): Outcome | 'lease-lost' {
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
  const outcome = outcomeOf(reason, job.attemptTimeoutMs);
  if (outcome === 'lease-lost') return outcome;
  if (outcome.error?.code === 'AGENT_FAILED')
    context.log.error('the agent failed to carry out an attempt', { attemptId: job.attemptId, error });
  return outcome;
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
    endedAt: endOf(startedAt, context.clock.now()),
    workstation: context.config.workstation,
    ...outcome,
    logTail: tail.lines(),
  };
}
