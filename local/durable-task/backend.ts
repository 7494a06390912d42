import type { AlarmClock } from './clock.ts';
import { systemAlarmClock } from './clock.ts';
import { clientBinding } from './client-binding.ts';
import { Engine } from './engine.ts';
import { startHttpApi } from './http-server.ts';
import { type DurableLog, logToStandardError } from './log.ts';
import { availableParallelism } from 'node:os';
import { Store } from './store.ts';

/** What runs the application's functions; the backend decides when. */
export interface DurableWorker {
  /**
   * One run of an orchestrator from its start. `input` is the JSON text the library's handler takes (history, input, instanceId, …).
   * Resolves with the state JSON text; rejects, when the orchestrator failed, with the error whose message carries
   * `$OutOfProcData$:`.
   */
  runOrchestrator(name: string, input: string): Promise<string>;
  /** One run of an activity; input and result are JSON text (`null` for none). Rejects with the activity's error. */
  runActivity(name: string, inputJson: string, instanceId: string): Promise<string>;
  readonly orchestrators: ReadonlySet<string>;
  readonly activities: ReadonlySet<string>;
}

export interface DurableBackendOptions {
  /** SQLite file, created when missing. One backend at a time may hold it. */
  readonly databasePath: string;
  readonly hubName: string;
  readonly worker: DurableWorker;
  /** Default, as on Azure: 10 per processor. */
  readonly maxConcurrentActivities?: number;
  /** Default, as on Azure: 10 per processor. */
  readonly maxConcurrentOrchestrators?: number;
  readonly clock?: AlarmClock;
  readonly log?: DurableLog;
}

export interface DurableBackend {
  /** `http://127.0.0.1:<port>/durabletask/`, with the trailing slash that the client needs. */
  readonly rpcBaseUrl: string;
  /** Data of the `durableClient` input binding. */
  clientBinding(): unknown;
  /** Resolves when no orchestrator and no activity runs or is due; timers and events still to come do not count. */
  idle(): Promise<void>;
  /**
   * Stops starting work, closes the HTTP API and the database. Work in flight is not awaited: its result is dropped and it runs again
   * after the next start (await `idle()` first to avoid that). May be called more than once.
   */
  stop(): Promise<void>;
}

/** Starts the backend and goes on with every instance in the database exactly where it was. */
export async function startDurableBackend(options: DurableBackendOptions): Promise<DurableBackend> {
  const log = options.log ?? logToStandardError;
  const clock = options.clock ?? systemAlarmClock;
  const concurrency = 10 * availableParallelism();
  const store = new Store(options.databasePath);
  const engine = new Engine({
    store,
    worker: options.worker,
    clock,
    log,
    maxActivities: options.maxConcurrentActivities ?? concurrency,
    maxOrchestrators: options.maxConcurrentOrchestrators ?? concurrency,
  });
  try {
    const http = await startHttpApi({ store, engine, worker: options.worker, clock, log });
    engine.start();
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      engine.stop();
      await http.stop();
      store.close();
    };
    return {
      rpcBaseUrl: http.baseUrl,
      clientBinding: () => clientBinding(options.hubName, http.baseUrl),
      idle: () => engine.idle(),
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    engine.stop();
    store.close();
    throw error;
  }
}
