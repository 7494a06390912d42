import type { Action, RetryPolicy } from './actions.ts';
import { eventTypes, type HistoryEvent } from './history.ts';

/** Something a history event will create: recorded already, or new in this turn. */
export type Planned =
  | { readonly kind: 'activity'; readonly name: string; readonly input: string }
  | { readonly kind: 'timer'; readonly fireAt: number; readonly cancelled: boolean };

interface Leaf {
  done: boolean;
  /** Called once when the awaited thing ends. */
  settled?: (succeeded: boolean) => void;
}

interface Group {
  readonly mode: 'any' | 'all';
  readonly children: readonly Task[];
}

type Task = Leaf | Group;

/** The orchestrator's code no longer asks for what its history says it asked for. */
export class NonDeterminismError extends Error {
  override readonly name = 'NonDeterminismError';

  constructor(detail: string) {
    super(
      `Non-Deterministic workflow detected: ${detail}. Was the orchestrator's code changed after this instance had started?`,
    );
  }
}

/**
 * Runs an orchestrator's list of actions against its history the way the Azure extension does: one action after the other, each
 * awaited before the next is started, ids given in that order from 0 (azure-functions-durable-extension
 * `OutOfProcOrchestrationShim.cs`, durabletask `TaskOrchestrationContext.cs`). Pure: no I/O, no clock.
 */
export class Replay {
  /** Started by the actions, not yet created by a history event: this turn's new work. */
  readonly unrecorded = new Map<number, Planned>();
  /** Timers that are recorded and that the orchestrator has cancelled. */
  readonly cancelledTimers: number[] = [];
  readonly #actions: readonly Action[];
  readonly #open = new Map<number, Leaf>();
  readonly #waiters = new Map<string, Leaf[]>();
  readonly #buffered = new Map<string, HistoryEvent[]>();
  #carried: HistoryEvent[] = [];
  #current: Task | undefined;
  #nextAction = 0;
  #nextId = 0;
  #now = 0;
  #continueWith: string | undefined;

  constructor(actions: readonly Action[]) {
    this.#actions = actions;
  }

  /** Input of the next generation, once the orchestrator has continued as new. */
  get continueWith(): string | undefined {
    return this.#continueWith;
  }

  /** True when every action has been awaited and nothing that was started is still out: only then may an instance end. */
  get settled(): boolean {
    return this.#nextAction >= this.#actions.length && this.#currentIsDone() && this.#open.size === 0;
  }

  /** Events that nobody has waited for, oldest first. */
  unprocessed(history: readonly HistoryEvent[]): HistoryEvent[] {
    const left = new Set([...this.#buffered.values(), this.#carried].flat());
    return history.filter((event) => left.has(event));
  }

  /** @throws {NonDeterminismError} when the event does not fit the actions. */
  process(event: HistoryEvent): void {
    switch (event.type) {
      case eventTypes.orchestratorStarted:
        this.#now = event.at;
        return;
      case eventTypes.executionStarted:
        return this.#advance();
      case eventTypes.taskScheduled:
      case eventTypes.timerCreated:
        return this.#record(event);
      case eventTypes.taskCompleted:
      case eventTypes.timerFired:
        return this.#settle(event, true);
      case eventTypes.taskFailed:
        return this.#settle(event, false);
      case eventTypes.eventRaised:
        return this.#raise(event);
      default:
        return;
    }
  }

  #advance(): void {
    while (this.#currentIsDone()) {
      const action = this.#actions[this.#nextAction];
      if (action === undefined) return;
      this.#nextAction += 1;
      this.#current = this.#start(action);
    }
  }

  #currentIsDone(): boolean {
    return this.#current === undefined || isDone(this.#current);
  }

  #start(action: Action): Task {
    switch (action.kind) {
      case 'activity':
        return action.retry ? this.#startWithRetry(action, action.retry) : this.#plan(action);
      case 'timer':
        return this.#startTimer(action.fireAt, action.cancelled);
      case 'event':
        return this.#wait(action.name);
      case 'continueAsNew':
        this.#continueWith = action.input;
        return { done: true };
      case 'any':
      case 'all':
        return { mode: action.kind, children: action.children.map((child) => this.#start(child)) };
    }
  }

  #plan(planned: Planned): Leaf {
    const id = this.#nextId++;
    const leaf: Leaf = { done: false };
    this.unrecorded.set(id, planned);
    this.#open.set(id, leaf);
    return leaf;
  }

  #startTimer(fireAt: number, cancelled: boolean): Leaf {
    const id = this.#nextId;
    const leaf = this.#plan({ kind: 'timer', fireAt, cancelled });
    if (!cancelled) return leaf;
    this.#open.delete(id);
    leaf.done = true;
    return leaf;
  }

  /** As durabletask `RetryInterceptor.cs`: the last failed attempt, too, is followed by a timer, for which the library waits. */
  #startWithRetry(action: Planned & { kind: 'activity' }, policy: RetryPolicy): Leaf {
    const whole: Leaf = { done: false };
    const attempt = (number: number): void => {
      this.#plan({ kind: 'activity', name: action.name, input: action.input }).settled = (succeeded) => {
        if (succeeded) {
          whole.done = true;
          return;
        }
        const delayMs = Math.min(policy.firstDelayMs * policy.backoff ** (number - 1), policy.maxDelayMs);
        this.#plan({ kind: 'timer', fireAt: this.#now + delayMs, cancelled: false }).settled = () => {
          if (number >= policy.maxAttempts) whole.done = true;
          else attempt(number + 1);
        };
      };
    };
    attempt(1);
    return whole;
  }

  /** The newest waiter of a name gets the next event, the oldest buffered event goes first. Names ignore letter case. */
  #wait(name: string): Leaf {
    const key = name.toLowerCase();
    const buffered = this.#buffered.get(key);
    if (buffered !== undefined && buffered.shift() !== undefined) return { done: true };
    const leaf: Leaf = { done: false };
    const waiters = this.#waiters.get(key);
    if (waiters === undefined) this.#waiters.set(key, [leaf]);
    else waiters.push(leaf);
    return leaf;
  }

  #raise(event: HistoryEvent): void {
    if (this.#continueWith !== undefined) {
      this.#carried.push(event);
      return;
    }
    const key = (event.name ?? '').toLowerCase();
    const waiter = this.#waiters.get(key)?.pop();
    if (waiter !== undefined) {
      waiter.done = true;
      this.#advance();
      return;
    }
    const buffered = this.#buffered.get(key);
    if (buffered === undefined) this.#buffered.set(key, [event]);
    else buffered.push(event);
  }

  #record(event: HistoryEvent): void {
    const id = event.ref ?? -1;
    const planned = this.unrecorded.get(id);
    const recorded = event.type === eventTypes.timerCreated ? 'a timer' : `the activity '${event.name}'`;
    if (planned === undefined)
      throw new NonDeterminismError(
        `the history has ${recorded} with sequence number ${id}, the replay has nothing there`,
      );
    const replayed = planned.kind === 'timer' ? 'a timer' : `the activity '${planned.name}'`;
    if (replayed.toLowerCase() !== recorded.toLowerCase())
      throw new NonDeterminismError(
        `the history has ${recorded} with sequence number ${id}, the replay has ${replayed}`,
      );
    this.unrecorded.delete(id);
    if (planned.kind === 'timer' && planned.cancelled) this.cancelledTimers.push(id);
  }

  /** An answer to something that is not open is a duplicate, or a timer that was cancelled meanwhile: ignored, as on Azure. */
  #settle(event: HistoryEvent, succeeded: boolean): void {
    const id = event.ref ?? -1;
    const leaf = this.#open.get(id);
    if (leaf === undefined) return;
    this.#open.delete(id);
    if (leaf.settled === undefined) leaf.done = true;
    else leaf.settled(succeeded);
    this.#advance();
  }
}

function isDone(task: Task): boolean {
  if ('done' in task) return task.done;
  return task.mode === 'any' ? task.children.some(isDone) : task.children.every(isDone);
}
