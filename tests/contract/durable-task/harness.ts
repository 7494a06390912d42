import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionInput, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { startDurableBackend, type DurableBackend } from '../../../local/durable-task/backend.ts';
import type { DurableLog } from '../../../local/durable-task/log.ts';
import { FakeClock } from '../../../local/durable-task/fake-clock.ts';
import { registeredWorker } from './worker.ts';

export interface Harness {
  readonly client: df.DurableClient;
  readonly clock: FakeClock;
  /** `warn` and `error` lines of the backend. */
  readonly faults: string[];
  readonly rpcBaseUrl: string;
  readonly databasePath: string;
  /** Resolves when nothing runs and nothing is due. */
  idle(): Promise<void>;
  /** Moves time on and lets what became due run. */
  pass(ms: number): Promise<void>;
  /** Stops the backend and starts it again on the same database; the client goes on with the new one. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/** A backend over everything registered so far, on a database in a temporary folder, with time that the test moves. */
export async function startHarness(limits: { maxConcurrentActivities?: number } = {}): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-task-'));
  const databasePath = join(folder, 'durable.db');
  const clock = new FakeClock();
  const faults: string[] = [];
  const log: DurableLog = (level, message) => {
    if (level !== 'info') faults.push(`${level}: ${message}`);
  };
  const start = (): Promise<DurableBackend> =>
    startDurableBackend({
      databasePath,
      hubName: 'TestHub',
      worker: registeredWorker(),
      clock,
      log,
      ...limits,
    });
  let backend = await start();
  let client = clientOf(backend);
  return {
    clock,
    faults,
    databasePath,
    get client() {
      return client;
    },
    get rpcBaseUrl() {
      return backend.rpcBaseUrl;
    },
    idle: () => backend.idle(),
    pass: async (ms) => {
      clock.advance(ms);
      await backend.idle();
    },
    restart: async () => {
      await backend.stop();
      backend = await start();
      client = clientOf(backend);
    },
    dispose: async () => {
      await backend.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** `df.getClient` on the data that the backend gives a function's `durableClient` input. */
export function clientOf(backend: Pick<DurableBackend, 'clientBinding'>): df.DurableClient {
  const input: FunctionInput = df.input.durableClient();
  const context = {
    options: { extraInputs: [input] },
    extraInputs: new Map([[input, backend.clientBinding()]]),
  };
  return df.getClient(context as unknown as InvocationContext);
}

/** A promise that a test settles by hand, to hold an activity until it is wanted. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, open: resolve };
}

/** Lets the event loop turn until the condition holds; jest's time-out bounds it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
