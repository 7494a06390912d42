import { randomUUID } from 'node:crypto';
import type { DurableWorker } from './backend.ts';
import type { AlarmClock } from './clock.ts';
import type { Engine } from './engine.ts';
import { DurableBackendError } from './errors.ts';
import { events } from './history.ts';
import { isFinished, type Instance } from './instance.ts';
import type { InstanceFilter, Store } from './store.ts';

const longestInstanceId = 256;
const purgeBatch = 500;

export interface ManagementOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly worker: DurableWorker;
  readonly clock: AlarmClock;
}

/** What a client may do to instances. Each call is one transaction; what it promises survives a crash right after. */
export class Management {
  readonly #options: ManagementOptions;

  constructor(options: ManagementOptions) {
    this.#options = options;
  }

  /**
   * Starts an instance and returns its id; one that has finished is replaced. `input` is JSON text.
   * @throws {DurableBackendError} `already-exists`, `bad-request`
   */
  start(name: string, id: string | undefined, input: string | null): string {
    const { store, engine, worker, clock } = this.#options;
    if (!worker.orchestrators.has(name)) {
      const known = [...worker.orchestrators].join(', ') || 'none';
      throw new DurableBackendError(
        'bad-request',
        `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function. Known: ${known}.`,
      );
    }
    const instanceId = id ?? randomUUID().replaceAll('-', '');
    checkInstanceId(instanceId);
    const seq = store.transaction(() => {
      const existing = store.instanceById(instanceId);
      if (existing !== undefined) {
        if (!isFinished(existing.status))
          throw new DurableBackendError(
            'already-exists',
            `An orchestration instance with the ID ${instanceId} already exists and is ${existing.status}.`,
          );
        store.deleteInstance(existing.seq);
      }
      const now = clock.now().getTime();
      const started = store.insertInstance(instanceId, name, input, now);
      store.appendInbox(started, events.executionStarted(now, name, input));
      return started;
    });
    engine.wake(seq);
    return instanceId;
  }

  /** `input` is JSON text. @throws {DurableBackendError} `not-found`, `finished` */
  raiseEvent(instanceId: string, name: string, input: string | null): void {
    const { store, engine, clock } = this.#options;
    const seq = store.transaction(() => {
      const instance = this.#unfinished(instanceId);
      store.appendInbox(instance.seq, events.eventRaised(clock.now().getTime(), name, input));
      return instance.seq;
    });
    engine.wake(seq);
  }

  /** Ends an instance at once; what its activities still return is dropped. @throws {DurableBackendError} */
  terminate(instanceId: string, reason: string): void {
    const { store, clock } = this.#options;
    store.transaction(() => {
      const { seq, customStatus } = this.#unfinished(instanceId);
      const now = clock.now().getTime();
      const output = JSON.stringify(reason);
      store.appendHistory(seq, [
        events.executionTerminated(now, reason),
        events.executionCompleted(now, 'Terminated', output),
      ]);
      store.clearWork(seq);
      store.setResult(seq, output, customStatus);
      store.setStatus(seq, 'Terminated', now);
    });
  }

  /** A suspended instance keeps its events for later; activities and timers in flight go on. @throws {DurableBackendError} */
  suspend(instanceId: string, reason: string): void {
    const { store, clock } = this.#options;
    store.transaction(() => {
      const { seq, status } = this.#unfinished(instanceId);
      if (status === 'Suspended') return;
      const now = clock.now().getTime();
      store.appendHistory(seq, [events.executionSuspended(now, reason)]);
      store.setStatus(seq, 'Suspended', now);
    });
  }

  /** @throws {DurableBackendError} */
  resume(instanceId: string, reason: string): void {
    const { store, engine, clock } = this.#options;
    const seq = store.transaction(() => {
      const instance = this.#unfinished(instanceId);
      if (instance.status !== 'Suspended') return undefined;
      const now = clock.now().getTime();
      store.appendHistory(instance.seq, [events.executionResumed(now, reason)]);
      store.setStatus(instance.seq, 'Running', now);
      return instance.seq;
    });
    if (seq !== undefined) engine.wake(seq);
  }

  /** Removes a finished instance; returns how many were removed (0 for one that still runs). @throws `not-found` */
  purge(instanceId: string): number {
    const { store } = this.#options;
    return store.transaction(() => {
      const instance = this.#existing(instanceId);
      if (!isFinished(instance.status)) return 0;
      store.deleteInstance(instance.seq);
      return 1;
    });
  }

  /** Removes the finished instances among those that match; returns how many. */
  purgeBy(filter: InstanceFilter): number {
    const { store } = this.#options;
    let purged = 0;
    let after = 0;
    for (;;) {
      const batch = store.listInstances(filter, after, purgeBatch);
      const last = batch.at(-1);
      if (last === undefined) return purged;
      after = last.seq;
      const finished = batch.filter((instance) => isFinished(instance.status));
      store.transaction(() => finished.forEach((instance) => store.deleteInstance(instance.seq)));
      purged += finished.length;
    }
  }

  #existing(instanceId: string): Instance {
    const instance = this.#options.store.instanceById(instanceId);
    if (instance !== undefined) return instance;
    throw new DurableBackendError('not-found', `No instance with ID '${instanceId}' found.`);
  }

  #unfinished(instanceId: string): Instance {
    const instance = this.#existing(instanceId);
    if (!isFinished(instance.status)) return instance;
    throw new DurableBackendError('finished', `The instance '${instanceId}' is ${instance.status}.`);
  }
}

/** The extension's rules (`DurableClient.StartNewAsync`). */
function checkInstanceId(instanceId: string): void {
  if (instanceId.startsWith('@'))
    throw new DurableBackendError('bad-request', 'Orchestration instance ids must not start with @.');
  if (/[/\\#?]|\p{Cc}/u.test(instanceId))
    throw new DurableBackendError(
      'bad-request',
      'Orchestration instance ids must not contain /, \\, #, ?, or control characters.',
    );
  if (instanceId.length > longestInstanceId)
    throw new DurableBackendError(
      'bad-request',
      `Instance ID lengths must not exceed ${longestInstanceId} characters.`,
    );
}
