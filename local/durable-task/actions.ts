import { notOffered } from './errors.ts';

/** Codes of `ActionType` in durable-functions 3.5.0 (`lib/src/actions/ActionType.js`). */
const actionCodes = {
  callActivity: 0,
  callActivityWithRetry: 1,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  whenAny: 11,
  whenAll: 12,
} as const;

const refusedCodes: Readonly<Record<number, string>> = {
  2: 'sub-orchestrations',
  3: 'sub-orchestrations',
  7: 'entities',
  8: 'durable HTTP (callHttp)',
  9: 'entities',
  13: 'entities',
  14: 'entities',
};

export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly maxAttempts: number;
  readonly backoff: number;
  readonly maxDelayMs: number;
}

/** What an orchestrator asked for, in the order it asked. Inputs are JSON text, `fireAt` milliseconds since the epoch. */
export type Action =
  | { readonly kind: 'activity'; readonly name: string; readonly input: string; readonly retry?: RetryPolicy }
  | { readonly kind: 'timer'; readonly fireAt: number; readonly cancelled: boolean }
  | { readonly kind: 'event'; readonly name: string }
  | { readonly kind: 'any' | 'all'; readonly children: readonly Action[] }
  | { readonly kind: 'continueAsNew'; readonly input: string };

/** The library's action objects, loosely typed: they come out of JSON. */
interface RawAction {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly fireAt?: string;
  readonly isCanceled?: boolean;
  readonly externalEventName?: string;
  readonly compoundActions?: readonly RawAction[];
  readonly retryOptions?: Readonly<Record<string, unknown>>;
}

export interface OrchestratorState {
  readonly actions: readonly Action[];
  readonly isDone: boolean;
  /** JSON text. */
  readonly output: string;
  /** JSON text, or null when this run set none. */
  readonly customStatus: string | null;
  /** The message of the error that the orchestrator threw. */
  readonly error?: string;
}

const stateLabel = '\n\n$OutOfProcData$:';

/**
 * The state that a run of an orchestrator returned.
 * @throws {DurableBackendError} `not-offered` when it asks for a feature left out here.
 */
export function parseState(text: string): OrchestratorState {
  const raw = JSON.parse(text) as {
    isDone?: boolean;
    actions?: RawAction[][];
    output?: unknown;
    customStatus?: unknown;
    error?: string;
  };
  const customStatus = raw.customStatus ?? null;
  return {
    actions: (raw.actions?.[0] ?? []).map(parseAction),
    isDone: raw.isDone ?? false,
    output: JSON.stringify(raw.output ?? null),
    customStatus: customStatus === null ? null : JSON.stringify(customStatus),
    ...(raw.error === undefined ? {} : { error: raw.error }),
  };
}

/**
 * The state of a run that failed: the library puts it behind a label in the error's message
 * (`lib/src/error/OrchestrationFailureError.js`). Without the label the error did not come from an orchestrator's code.
 */
export function parseFailure(message: string): OrchestratorState {
  const label = message.indexOf(stateLabel);
  if (label < 0) return { actions: [], isDone: false, output: 'null', customStatus: null, error: message };
  const state = parseState(message.slice(label + stateLabel.length));
  return { ...state, isDone: false, error: state.error ?? '' };
}

function parseAction(raw: RawAction): Action {
  switch (raw.actionType) {
    case actionCodes.callActivity:
      return { kind: 'activity', name: raw.functionName ?? '', input: inputText(raw.input) };
    case actionCodes.callActivityWithRetry:
      return {
        kind: 'activity',
        name: raw.functionName ?? '',
        input: inputText(raw.input),
        retry: parseRetry(raw.retryOptions ?? {}),
      };
    case actionCodes.continueAsNew:
      return { kind: 'continueAsNew', input: inputText(raw.input) };
    case actionCodes.createTimer:
      return { kind: 'timer', fireAt: Date.parse(raw.fireAt ?? ''), cancelled: raw.isCanceled ?? false };
    case actionCodes.waitForExternalEvent:
      return { kind: 'event', name: raw.externalEventName ?? '' };
    case actionCodes.whenAny:
      return { kind: 'any', children: (raw.compoundActions ?? []).map(parseAction) };
    case actionCodes.whenAll:
      return { kind: 'all', children: (raw.compoundActions ?? []).map(parseAction) };
    default:
      throw notOffered(refusedCodes[raw.actionType] ?? `the action with code ${raw.actionType}`);
  }
}

/** The library serializes strings before it puts them into an action (`Utils.processInput`), and nothing else. */
function inputText(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input ?? null);
}

function parseRetry(options: Readonly<Record<string, unknown>>): RetryPolicy {
  if (options['retryTimeoutInMilliseconds'] !== undefined)
    throw notOffered('retryTimeoutInMilliseconds of RetryOptions');
  const number = (name: string, missing: number): number => Number(options[name] ?? missing);
  return {
    firstDelayMs: number('firstRetryIntervalInMilliseconds', 0),
    maxAttempts: number('maxNumberOfAttempts', 1),
    backoff: number('backoffCoefficient', 1),
    maxDelayMs: number('maxRetryIntervalInMilliseconds', Number.MAX_SAFE_INTEGER),
  };
}
