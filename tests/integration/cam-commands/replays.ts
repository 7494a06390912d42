import { parseFailure, parseState } from '../../../local/durable-task/actions.ts';
import { type Decision, decide } from '../../../local/durable-task/decide.ts';
import { type HistoryEvent, eventTypes } from '../../../local/durable-task/history.ts';
import { registeredWorker } from '../../contract/durable-task/worker.ts';
import type { RecordedEvent, RecordedRun } from './recorded-runs.ts';

/** What the orchestrator makes of a history, judged as the backend judges a turn. */
export async function replay(name: string, run: RecordedRun): Promise<Decision> {
  const state = await registeredWorker()
    .runOrchestrator(name, JSON.stringify(run))
    .then(parseState, (error: unknown) =>
      parseFailure(error instanceof Error ? error.message : String(error)),
    );
  return decide(name, run.history.map(toHistoryEvent), state);
}

/** One turn: the history up to what the orchestrator saw in it, and what it asked for then. */
export interface Turn {
  readonly run: RecordedRun;
  readonly asked: readonly Asked[];
}

/** An activity or timer by its number in the run. */
export type Asked =
  | { readonly id: number; readonly activity: string; readonly input: unknown }
  | { readonly id: number; readonly fireAt: number };

/** The turns of a recorded run, first to last. */
export function turnsOf(run: RecordedRun): Turn[] {
  const { history } = run;
  const starts = history.flatMap((event, index) =>
    event.EventType === eventTypes.orchestratorStarted ? [index] : [],
  );
  return starts.map((start, index) => {
    const turn = history.slice(start, starts[index + 1] ?? history.length);
    const made = turn.filter(isCreation);
    const seen = turn.filter(
      (event) => !isCreation(event) && event.EventType !== eventTypes.orchestratorCompleted,
    );
    return {
      run: { ...run, history: [...history.slice(0, start), ...seen] },
      asked: made.map((event) =>
        event.EventType === eventTypes.timerCreated
          ? { id: event.EventId, fireAt: Date.parse(event.FireAt ?? '') }
          : {
              id: event.EventId,
              activity: event.Name ?? '',
              input: JSON.parse(event.Input ?? 'null') as unknown,
            },
      ),
    };
  });
}

/** What a decision asks for, in the form of `Turn.asked`. */
export function askedBy({ scheduled }: Decision): Asked[] {
  return scheduled.flatMap(([id, planned]): Asked[] => {
    if (planned.kind === 'activity')
      return [{ id, activity: planned.name, input: JSON.parse(planned.input) as unknown }];
    return [{ id, fireAt: planned.fireAt }];
  });
}

function isCreation({ EventType }: RecordedEvent): boolean {
  return EventType === eventTypes.taskScheduled || EventType === eventTypes.timerCreated;
}

function toHistoryEvent(event: RecordedEvent): HistoryEvent {
  return {
    type: event.EventType,
    ref: isCreation(event) ? event.EventId : (event.TaskScheduledId ?? event.TimerId ?? null),
    name: event.Name ?? null,
    at: Date.parse(event.Timestamp),
    body: '',
  };
}
