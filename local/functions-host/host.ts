import type { DurableBackend } from '../durable-task/backend.ts';
import { type HostFunction, loadApp } from './app.ts';
import { refuseUnsupportedBindings, withTrigger } from './bindings.ts';
import { startDurable, usesDurable } from './durable.ts';
import { type HostJson, readHostJson } from './host-json.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits, type HttpServer, startHttpServer } from './http/server.ts';
import { runHooks } from './invoke.ts';
import { createLog, type HostLog } from './log.ts';
import { type InputProvider, type OutputSender, Runtime, type RuntimeOptions } from './runtime.ts';
import { serviceBusConnections } from './service-bus/connections.ts';
import { prepareQueueOutputs } from './service-bus/output.ts';
import { prepareQueueTrigger } from './service-bus/trigger.ts';
import type { Settings } from './settings.ts';
import { type Clock, systemClock } from './timer/clock.ts';
import { fileStatusStore } from './timer/status.ts';
import { prepareTimer } from './timer/trigger.ts';

export interface StartHostOptions {
  /** The app: a module that registers its functions when imported. */
  readonly entry: string;
  /** Path of host.json. */
  readonly hostJson: string;
  /** On 127.0.0.1; 0 asks the system for a free one. */
  readonly port: number;
  /** Folder for what must survive a restart; made when something is written. */
  readonly stateDir: string;
  /** App settings that bindings name; default process.env. */
  readonly env?: Settings;
  /** Takes one line of text; default stdout. */
  readonly log?: (line: string) => void;
  /** Called when an invocation ran longer than functionTimeout, after it has been answered; default ends the process with 1. */
  readonly onFatal?: (error: Error) => void;
  readonly httpLimits?: Partial<HttpLimits>;
  /** Holds functions back before they begin. */
  readonly holds?: RuntimeOptions['holds'];
  /** Time of the timer triggers; default the real one. */
  readonly clock?: Clock;
}

export interface FunctionsHost {
  readonly port: number;
  /** Names of the functions that are served. */
  readonly functions: readonly string[];
  /** Takes no new work, lets running invocations finish (10 s at most), then closes everything. May be called twice. */
  stop(): Promise<void>;
}

const STOP_LIMIT_MS = 10_000;

/**
 * Loads the app as the Azure Node worker does and serves its functions. Rejects with HostStartError, naming function and cause,
 * for an app or settings that this host cannot run, and with EADDRINUSE for a taken port; nothing is left running then.
 */
export async function startHost(options: StartHostOptions): Promise<FunctionsHost> {
  const hostJson = await readHostJson(options.hostJson);
  const log = createLog(hostJson.logging.logLevel, options.log ?? ((line) => console.log(line)));
  const functions = await loadApp(options.entry, log);
  refuseUnsupportedBindings(functions);
  const closing = new AsyncDisposableStack();
  try {
    const host = await startTriggers(functions, { options, hostJson, log, closing });
    log.write({
      level: 'information',
      message: `serving ${functions.length} functions on port ${host.port}`,
    });
    return host;
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

interface StartContext {
  readonly options: StartHostOptions;
  readonly hostJson: HostJson;
  readonly log: HostLog;
  /** What is open; closed in reverse when the start fails or the host stops. */
  readonly closing: AsyncDisposableStack;
}

async function startTriggers(
  functions: readonly HostFunction[],
  context: StartContext,
): Promise<FunctionsHost> {
  const { options, hostJson, log, closing } = context;
  const env = options.env ?? process.env;
  const inputs = new Map<string, InputProvider>();
  const outputs = new Map<string, OutputSender>();
  const onFatal = options.onFatal ?? (() => process.exit(1));
  const runtime = new Runtime({
    log,
    functionTimeoutMs: hostJson.functionTimeout,
    inputs,
    outputs,
    onFatal,
    holds: options.holds,
  });

  const { serviceBus, durableTask, http } = hostJson.extensions;
  const connections = serviceBusConnections(env);
  closing.defer(() => connections.close());
  outputs.set('serviceBus', await prepareQueueOutputs(functions, env, connections));
  const listenToQueues = await Promise.all(
    withTrigger(functions, 'serviceBusTrigger').map((fn) =>
      prepareQueueTrigger(fn, { runtime, settings: serviceBus, env, connections }),
    ),
  );
  const statusOf = (name: string) => fileStatusStore(options.stateDir, name);
  const clock = options.clock ?? systemClock;
  const runTimers = withTrigger(functions, 'timerTrigger').map((fn) =>
    prepareTimer(fn, { runtime, env, clock, statusOf }),
  );

  const ready = Promise.withResolvers<void>();
  const server = await startHttpServer({
    ...http,
    functions: withTrigger(functions, 'httpTrigger'),
    runtime,
    port: options.port,
    limits: { ...DEFAULT_HTTP_LIMITS, ...options.httpLimits },
    ready: ready.promise,
  });
  closing.defer(() => server.close());
  const durable = usesDurable(functions)
    ? await startDurable(functions, { runtime, settings: durableTask, stateDir: options.stateDir })
    : undefined;
  if (durable) {
    closing.defer(() => durable.stop());
    inputs.set('durableClient', () => ({ json: JSON.stringify(durable.clientBinding()) }));
  }
  const sources = {
    server,
    durable,
    queues: listenToQueues.map((start) => start()),
    timers: runTimers.map((start) => start()),
  };
  sources.queues.forEach((queue) => closing.defer(() => queue.close()));

  ready.resolve();
  let stopped: Promise<void> | undefined;
  return {
    port: server.port,
    functions: functions.map(({ name }) => name),
    stop: () => (stopped ??= stop(sources, { runtime, log, closing })),
  };
}

interface Sources {
  readonly server: HttpServer;
  readonly durable: DurableBackend | undefined;
  readonly queues: readonly { stopAccepting(): Promise<void> }[];
  readonly timers: readonly { stop(): void }[];
}

async function stop(
  { server, durable, queues, timers }: Sources,
  { runtime, log, closing }: { runtime: Runtime; log: HostLog; closing: AsyncDisposableStack },
): Promise<void> {
  server.stopAccepting();
  timers.forEach((timer) => timer.stop());
  const accepted = Promise.allSettled(queues.map((queue) => queue.stopAccepting()));
  const left = await runtime.drain(STOP_LIMIT_MS, [accepted, ...(durable ? [durable.idle()] : [])]);
  if (left > 0) log.write({ level: 'warning', message: `stopped with ${left} invocations still running` });
  await runHooks('appTerminate', { hookData: {} });
  await closing.disposeAsync();
}
