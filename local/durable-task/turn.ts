import type { OrchestratorState } from './actions.ts';
import type { Decision, Outcome } from './decide.ts';
import { events, eventText, type HistoryEvent } from './history.ts';
import { isFinished, type Instance } from './instance.ts';
import type { Store } from './store.ts';

/** One turn of an instance: what the orchestrator is about to see, read in one go. */
export interface Turn {
  readonly instance: Instance;
  readonly past: readonly HistoryEvent[];
  /** `OrchestratorStarted` and the events that no earlier turn has seen. */
  readonly fresh: readonly HistoryEvent[];
  /** The last inbox entry among `fresh`. */
  readonly inboxThrough: number;
}

/** The turn that is due for an instance, or undefined when there is none. */
export function loadTurn(store: Store, seq: number, now: number): Turn | undefined {
  const instance = store.instanceBySeq(seq);
  if (instance === undefined || isFinished(instance.status) || instance.status === 'Suspended')
    return undefined;
  const inbox = store.inbox(seq);
  const last = inbox.at(-1);
  if (last === undefined) return undefined;
  return {
    instance,
    past: store.history(seq),
    fresh: [events.orchestratorStarted(now), ...inbox],
    inboxThrough: last.seq,
  };
}

/** The input of the library's orchestrator handler (`DurableOrchestrationBindingInfo.js`), without parsing any payload. */
export function orchestratorInput({ instance, past, fresh }: Turn): string {
  const history = [
    ...past.map((event) => eventText(event, true)),
    ...fresh.map((event) => eventText(event, false)),
  ];
  // Longer than any timer, so that the library never splits one: nothing here limits a timer's length.
  const longest = '36500.00:00:00';
  const settings = JSON.stringify({
    instanceId: instance.instanceId,
    isReplaying: past.length > 0,
    parentInstanceId: null,
    upperSchemaVersion: 2,
    upperSchemaVersionNew: 3,
    maximumShortTimerDuration: longest,
    longRunningTimerIntervalDuration: longest,
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  }).slice(1);
  return `{"history":[${history.join(',')}],"input":${instance.input ?? 'null'},${settings}`;
}

/**
 * Writes a turn's result: history and all work it asks for. Run it inside a transaction. False when the instance has meanwhile ended,
 * or was purged or started anew: then nothing is written.
 */
export function commitTurn(
  store: Store,
  turn: Turn,
  result: { decision: Decision; customStatus: OrchestratorState['customStatus']; now: number },
): boolean {
  const { decision, now } = result;
  const seq = turn.instance.seq;
  const current = store.instanceBySeq(seq);
  if (current === undefined || isFinished(current.status)) return false;

  store.appendHistory(seq, [...turn.fresh, ...scheduledEvents(decision, now)]);
  store.clearInbox(seq, turn.inboxThrough);
  for (const [id, planned] of decision.scheduled) {
    if (planned.kind === 'activity') store.insertActivity(seq, id, planned.name, planned.input);
    else if (!planned.cancelled) store.insertTimer(seq, id, planned.fireAt);
  }
  for (const id of decision.cancelledTimers) store.deleteTimer(seq, id);

  // A first generation starts without one; later ones inherit what the generation before them had set.
  const customStatus = result.customStatus ?? (current.generation > 0 ? current.customStatus : null);
  store.setResult(seq, null, customStatus);
  finishTurn(store, current, { outcome: decision.outcome, customStatus, now });
  return true;
}

function scheduledEvents({ scheduled }: Decision, now: number): HistoryEvent[] {
  return scheduled.map(([id, planned]) =>
    planned.kind === 'activity'
      ? events.taskScheduled(now, id, planned.name, planned.input)
      : events.timerCreated(now, id, planned.fireAt),
  );
}

function finishTurn(
  store: Store,
  { seq, name, status }: Instance,
  { outcome, customStatus, now }: { outcome: Outcome; customStatus: string | null; now: number },
): void {
  switch (outcome.kind) {
    case 'waiting':
      store.appendHistory(seq, [events.orchestratorCompleted(now)]);
      store.setStatus(seq, status === 'Suspended' ? 'Suspended' : 'Running', now);
      return;
    case 'continued':
      return continueAsNew(store, { seq, name, suspended: status === 'Suspended' }, outcome, now);
    case 'completed':
    case 'failed': {
      const ended = outcome.kind === 'completed' ? 'Completed' : 'Failed';
      store.appendHistory(seq, [
        events.executionCompleted(now, ended, outcome.output),
        events.orchestratorCompleted(now),
      ]);
      store.clearWork(seq);
      store.setResult(seq, outcome.output, customStatus);
      store.setStatus(seq, ended, now);
    }
  }
}

/** The next generation sees its start, then the events nobody had waited for, then those that came during the turn. */
function continueAsNew(
  store: Store,
  { seq, name, suspended }: { seq: number; name: string; suspended: boolean },
  outcome: Extract<Outcome, { kind: 'continued' }>,
  now: number,
): void {
  const arrived = store.inbox(seq);
  store.clearWork(seq);
  store.restartInstance(seq, outcome.input, now);
  for (const event of [events.executionStarted(now, name, outcome.input), ...outcome.carried, ...arrived])
    store.appendInbox(seq, event);
  store.setStatus(seq, suspended ? 'Suspended' : 'Running', now);
}
