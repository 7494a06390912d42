import { eventTypes, eventText, type HistoryEvent } from './history.ts';
import type { Instance } from './instance.ts';

export interface StatusOptions {
  readonly showInput: boolean;
  /** With results of activities and of the instance itself among the history. */
  readonly showHistoryOutput: boolean;
}

/**
 * An instance as the extension's HTTP API shows it (`HttpApiHandler.ConvertFrom`): times to the second, absent values as null,
 * history under `historyEvents`.
 */
export function statusPayload(
  instance: Instance,
  options: StatusOptions,
  history?: readonly HistoryEvent[],
): Record<string, unknown> {
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: options.showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: parsed(instance.output),
    createdTime: seconds(instance.createdAt),
    lastUpdatedTime: seconds(instance.updatedAt),
    ...(history === undefined ? {} : { historyEvents: historyPayload(history, options) }),
  };
}

const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(eventTypes).map(([name, code]) => [code, name.charAt(0).toUpperCase() + name.slice(1)]),
);

const hiddenTypes: ReadonlySet<number> = new Set([
  eventTypes.orchestratorStarted,
  eventTypes.orchestratorCompleted,
]);

/** As `DurableClient.GetDurableOrchestrationStatusAsync`: turns left out, an activity's start folded into its end. */
function historyPayload(history: readonly HistoryEvent[], options: StatusOptions): unknown[] {
  const scheduled = new Map<number | null, HistoryEvent>();
  const ended = new Set<number | null>();
  for (const event of history) {
    if (event.type === eventTypes.taskScheduled) scheduled.set(event.ref, event);
    if (isTaskEnd(event)) ended.add(event.ref);
  }
  return history
    .filter((event) => !hiddenTypes.has(event.type))
    .filter((event) => event.type !== eventTypes.taskScheduled || !ended.has(event.ref))
    .map((event) => historyEntry(event, scheduled.get(event.ref), options));
}

function historyEntry(
  event: HistoryEvent,
  scheduled: HistoryEvent | undefined,
  { showInput, showHistoryOutput }: StatusOptions,
): unknown {
  const entry = JSON.parse(eventText(event, true)) as Record<string, unknown>;
  entry['EventType'] = typeNames.get(event.type) ?? String(event.type);
  if (event.type === eventTypes.executionStarted) renameMember(entry, 'Name', 'FunctionName');
  if (isTaskEnd(event) && scheduled !== undefined) {
    const start = JSON.parse(eventText(scheduled, true)) as Record<string, unknown>;
    Object.assign(entry, {
      ScheduledTime: start['Timestamp'],
      FunctionName: start['Name'],
      Input: start['Input'],
    });
  }
  if (showHistoryOutput) {
    if (typeof entry['Result'] === 'string') entry['Result'] = parsed(entry['Result']);
  } else delete entry['Result'];
  if (!showInput) delete entry['Input'];
  for (const internal of ['EventId', 'IsPlayed', 'TaskScheduledId', 'TimerId']) delete entry[internal];
  return entry;
}

function isTaskEnd(event: HistoryEvent): boolean {
  return event.type === eventTypes.taskCompleted || event.type === eventTypes.taskFailed;
}

function renameMember(entry: Record<string, unknown>, from: string, to: string): void {
  entry[to] = entry[from];
  delete entry[from];
}

function parsed(json: string | null): unknown {
  return json === null ? null : (JSON.parse(json) as unknown);
}

function seconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
