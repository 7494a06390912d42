import { types } from 'node:util';
import { parseFailure, parseState, type OrchestratorState } from './actions.ts';
import type { DurableWorker } from './backend.ts';
import type { AlarmClock } from './clock.ts';
import { decide, failed, type Decision } from './decide.ts';
import { DurableBackendError, messageOf } from './errors.ts';
import { events, type HistoryEvent } from './history.ts';
import type { DurableLog } from './log.ts';
import type { PendingActivity, Store } from './store.ts';
import { commitTurn, loadTurn, orchestratorInput, type Turn } from './turn.ts';

/** Timers taken over in one transaction. */
const timerBatch = 500;
/** Pause before something that failed for a reason of ours (disk full, …) is tried again. */
const faultPauseMs = 1_000;

export interface EngineOptions {
  readonly store: Store;
  readonly worker: DurableWorker;
  readonly clock: AlarmClock;
  readonly log: DurableLog;
  readonly maxActivities: number;
  readonly maxOrchestrators: number;
}

/**
 * Runs what is due: turns of instances with unseen events, promised activities, timers. Holds only sequence numbers of due
 * instances and what runs right now; everything else is in the store, and a start picks it up from there.
 */
export class Engine {
  readonly #options: EngineOptions;
  /** Instances with unseen events, in the order these came. */
  readonly #ready = new Set<number>();
  readonly #inTurn = new Set<number>();
  readonly #idleWaiters: (() => void)[] = [];
  readonly #cancelFaultPauses = new Set<() => void>();
  #activitiesRunning = 0;
  /** Activities up to this one have been started by this process. */
  #activityCursor = 0;
  #moreActivities = false;
  #pumpScheduled = false;
  #stopped = false;
  #alarm: { at: number; cancel: () => void } | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  start(): void {
    for (const seq of this.#options.store.runnableInstances()) this.#ready.add(seq);
    this.#moreActivities = true;
    this.#schedulePump();
    this.#setAlarm();
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm?.cancel();
    for (const cancel of this.#cancelFaultPauses) cancel();
    this.#settleIdle();
  }

  /** An instance has unseen events. Call it after the transaction that wrote them. */
  wake(seq: number): void {
    this.#ready.add(seq);
    this.#schedulePump();
  }

  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #isIdle(): boolean {
    if (this.#stopped) return true;
    const work =
      this.#ready.size + this.#inTurn.size + this.#activitiesRunning + this.#cancelFaultPauses.size;
    return work === 0 && !this.#moreActivities;
  }

  #settleIdle(): void {
    if (!this.#isIdle()) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Turns start from the event loop, so that an orchestrator that never waits cannot starve timers and requests. */
  #schedulePump(): void {
    if (this.#pumpScheduled || this.#stopped) return;
    this.#pumpScheduled = true;
    setImmediate(() => {
      this.#pumpScheduled = false;
      if (this.#stopped) return;
      this.#startTurns();
      try {
        this.#startActivities();
      } catch (error) {
        this.#pauseAfterFault('waiting activities', error, () => this.#schedulePump());
      }
      this.#settleIdle();
    });
  }

  #startTurns(): void {
    for (const seq of this.#ready) {
      if (this.#inTurn.size >= this.#options.maxOrchestrators) return;
      if (this.#inTurn.has(seq)) continue;
      this.#ready.delete(seq);
      this.#inTurn.add(seq);
      void this.#runTurn(seq).finally(() => {
        this.#inTurn.delete(seq);
        this.#schedulePump();
      });
    }
  }

  /** Never rejects: a fault of ours is logged, and the turn is tried again after a pause. */
  async #runTurn(seq: number): Promise<void> {
    const { store, clock } = this.#options;
    try {
      const turn = loadTurn(store, seq, clock.now().getTime());
      if (turn === undefined) return;
      const { decision, customStatus } = await this.#askOrchestrator(turn);
      if (this.#stopped) return;
      const now = clock.now().getTime();
      const written = store.transaction(() => commitTurn(store, turn, { decision, customStatus, now }));
      if (!written) return;
      if (decision.outcome.kind === 'continued') this.#ready.add(seq);
      if (decision.scheduled.length > 0) {
        this.#moreActivities = true;
        this.#setAlarm();
      }
    } catch (error) {
      this.#pauseAfterFault(`turn of instance ${seq}`, error, () => this.wake(seq));
    }
  }

  async #askOrchestrator(
    turn: Turn,
  ): Promise<{ decision: Decision; customStatus: OrchestratorState['customStatus'] }> {
    const { worker } = this.#options;
    const { name } = turn.instance;
    try {
      if (!worker.orchestrators.has(name)) throw unknownFunction(name, 'orchestrator');
      const state = await worker
        .runOrchestrator(name, orchestratorInput(turn))
        .then(parseState, (error: unknown) => parseFailure(messageOf(error)));
      const decision = decide(name, [...turn.past, ...turn.fresh], state);
      for (const [, planned] of decision.scheduled)
        if (planned.kind === 'activity' && !worker.activities.has(planned.name))
          throw unknownFunction(planned.name, 'activity');
      return { decision, customStatus: state.customStatus };
    } catch (error) {
      if (!(error instanceof DurableBackendError)) throw error;
      const decision = failed(`Orchestrator function '${name}' failed: ${error.message}`);
      return { decision, customStatus: turn.instance.customStatus };
    }
  }

  #startActivities(): void {
    if (!this.#moreActivities) return;
    const free = this.#options.maxActivities - this.#activitiesRunning;
    if (free <= 0) return;
    const activities = this.#options.store.nextActivities(this.#activityCursor, free);
    this.#moreActivities = activities.length === free;
    for (const activity of activities) {
      this.#activityCursor = activity.seq;
      this.#activitiesRunning += 1;
      void this.#runActivity(activity).finally(() => {
        this.#activitiesRunning -= 1;
        this.#schedulePump();
      });
    }
  }

  async #runActivity(activity: PendingActivity): Promise<void> {
    const { worker, clock } = this.#options;
    const { name, taskId } = activity;
    const result = await worker.runActivity(name, activity.input, activity.instanceId).then(
      (output) => events.taskCompleted(clock.now().getTime(), taskId, output),
      (error: unknown) =>
        events.taskFailed(
          clock.now().getTime(),
          taskId,
          `Activity function '${name}' failed: ${messageOf(error)}`,
          failureDetails(error),
        ),
    );
    this.#recordActivity(activity, result);
  }

  #recordActivity(activity: PendingActivity, result: HistoryEvent): void {
    if (this.#stopped) return;
    const { store } = this.#options;
    try {
      const wanted = store.transaction(() => {
        if (!store.deleteActivity(activity.seq)) return false;
        store.appendInbox(activity.instance, result);
        return true;
      });
      if (wanted) this.wake(activity.instance);
    } catch (error) {
      this.#pauseAfterFault(`result of activity ${activity.name} of ${activity.instanceId}`, error, () =>
        this.#recordActivity(activity, result),
      );
    }
  }

  /** One alarm, set to the earliest timer there is. */
  #setAlarm(): void {
    const { store, clock } = this.#options;
    const due = store.nextDue();
    if (due === this.#alarm?.at) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (due === undefined) return;
    const cancel = clock.after(due - clock.now().getTime(), () => {
      this.#alarm = undefined;
      this.#fireTimers();
    });
    this.#alarm = { at: due, cancel };
  }

  #fireTimers(): void {
    if (this.#stopped) return;
    const { store, clock } = this.#options;
    try {
      const now = clock.now().getTime();
      const fired = store.transaction(() => {
        const due = store.dueTimers(now, timerBatch);
        for (const { instance, timerId, fireAt } of due) {
          store.deleteTimer(instance, timerId);
          store.appendInbox(instance, events.timerFired(now, timerId, fireAt));
        }
        return due;
      });
      for (const { instance } of fired) this.wake(instance);
      this.#setAlarm();
    } catch (error) {
      this.#pauseAfterFault('timers', error, () => this.#fireTimers());
    }
  }

  #pauseAfterFault(what: string, error: unknown, again: () => void): void {
    if (this.#stopped) return;
    const { clock, log } = this.#options;
    log('error', `${what} failed on the backend's side; tried again in ${faultPauseMs} ms`, { error });
    const cancel = clock.after(faultPauseMs, () => {
      this.#cancelFaultPauses.delete(cancel);
      again();
    });
    this.#cancelFaultPauses.add(cancel);
  }
}

function unknownFunction(name: string, kind: 'orchestrator' | 'activity'): DurableBackendError {
  return new DurableBackendError(
    'bad-request',
    `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function.`,
  );
}

/** As on Azure, JSON of the exception; only the members a reader looks at. */
function failureDetails(error: unknown): string {
  const native = types.isNativeError(error) ? error : undefined;
  return JSON.stringify({
    ClassName: native?.name ?? typeof error,
    Message: messageOf(error),
    StackTraceString: native?.stack ?? null,
  });
}
