import type { OrchestratorState } from './actions.ts';
import type { HistoryEvent } from './history.ts';
import { NonDeterminismError, Replay, type Planned } from './replay.ts';

/** What becomes of an instance after a turn. Outputs and inputs are JSON text. */
export type Outcome =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'completed'; readonly output: string }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'continued'; readonly input: string; readonly carried: readonly HistoryEvent[] };

export interface Decision {
  /** New activities and timers by sequence number, ascending. */
  readonly scheduled: readonly (readonly [id: number, planned: Planned])[];
  /** Recorded timers that nobody waits for any more. */
  readonly cancelledTimers: readonly number[];
  readonly outcome: Outcome;
}

/**
 * Turns what an orchestrator returned into what is new: pure, the whole decision of a turn. `history` ends with the events that the
 * run has just seen. An orchestrator that contradicts its history fails the instance.
 */
export function decide(name: string, history: readonly HistoryEvent[], state: OrchestratorState): Decision {
  const replay = new Replay(state.actions);
  try {
    for (const event of history) replay.process(event);
  } catch (error) {
    if (!(error instanceof NonDeterminismError)) throw error;
    return failed(error.message);
  }
  return {
    scheduled: [...replay.unrecorded],
    cancelledTimers: replay.cancelledTimers,
    outcome: outcomeOf(name, history, state, replay),
  };
}

/** The decision that ends an instance as failed, with `message` as its output. */
export function failed(message: string): Decision {
  return { scheduled: [], cancelledTimers: [], outcome: { kind: 'failed', output: JSON.stringify(message) } };
}

function outcomeOf(
  name: string,
  history: readonly HistoryEvent[],
  state: OrchestratorState,
  replay: Replay,
): Outcome {
  if (!replay.settled) return { kind: 'waiting' };
  if (state.error !== undefined)
    return {
      kind: 'failed',
      output: JSON.stringify(`Orchestrator function '${name}' failed: ${state.error}`),
    };
  if (replay.continueWith !== undefined)
    return { kind: 'continued', input: replay.continueWith, carried: replay.unprocessed(history) };
  return state.isDone ? { kind: 'completed', output: state.output } : { kind: 'waiting' };
}
