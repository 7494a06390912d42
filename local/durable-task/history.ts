/** Codes of `HistoryEventType` in durable-functions 3.5.0 (`lib/src/history/HistoryEventType.js`), as far as used here. */
export const eventTypes = {
  executionStarted: 0,
  executionCompleted: 1,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

/**
 * One entry of an instance's history. What decisions need stands in fields of its own; payloads stay serialized in `body`, so
 * that a turn never parses them.
 */
export interface HistoryEvent {
  readonly type: number;
  /** Id of the task or timer: its own where it is created, the one it answers where it ends. Otherwise null. */
  readonly ref: number | null;
  /** Function or event name where the event has one. */
  readonly name: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The event's further JSON members as text, each with a leading comma; may be empty. */
  readonly body: string;
}

interface EventFields {
  readonly ref?: number;
  readonly name?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

function event(type: number, at: number, { ref, name, body }: EventFields = {}): HistoryEvent {
  const members = body === undefined ? '' : JSON.stringify(body).slice(1, -1);
  return { type, ref: ref ?? null, name: name ?? null, at, body: members === '' ? '' : `,${members}` };
}

/** Builders of every event. `at` and `fireAt` are milliseconds since the epoch; inputs and results are JSON text. */
export const events = {
  executionStarted: (at: number, name: string, input: string | null): HistoryEvent =>
    event(eventTypes.executionStarted, at, { name, body: { Name: name, Input: input } }),
  executionCompleted: (at: number, status: string, result: string | null): HistoryEvent =>
    event(eventTypes.executionCompleted, at, { body: { OrchestrationStatus: status, Result: result } }),
  executionTerminated: (at: number, reason: string): HistoryEvent =>
    event(eventTypes.executionTerminated, at, { body: { Input: reason } }),
  executionSuspended: (at: number, reason: string): HistoryEvent =>
    event(eventTypes.executionSuspended, at, { body: { Reason: reason } }),
  executionResumed: (at: number, reason: string): HistoryEvent =>
    event(eventTypes.executionResumed, at, { body: { Reason: reason } }),
  orchestratorStarted: (at: number): HistoryEvent => event(eventTypes.orchestratorStarted, at),
  orchestratorCompleted: (at: number): HistoryEvent => event(eventTypes.orchestratorCompleted, at),
  taskScheduled: (at: number, id: number, name: string, input: string): HistoryEvent =>
    event(eventTypes.taskScheduled, at, { ref: id, name, body: { Name: name, Input: input } }),
  taskCompleted: (at: number, id: number, result: string): HistoryEvent =>
    event(eventTypes.taskCompleted, at, { ref: id, body: { TaskScheduledId: id, Result: result } }),
  taskFailed: (at: number, id: number, reason: string, details: string): HistoryEvent =>
    event(eventTypes.taskFailed, at, {
      ref: id,
      body: { TaskScheduledId: id, Reason: reason, Details: details },
    }),
  timerCreated: (at: number, id: number, fireAt: number): HistoryEvent =>
    event(eventTypes.timerCreated, at, { ref: id, body: { FireAt: new Date(fireAt).toISOString() } }),
  timerFired: (at: number, id: number, fireAt: number): HistoryEvent =>
    event(eventTypes.timerFired, at, {
      ref: id,
      body: { TimerId: id, FireAt: new Date(fireAt).toISOString() },
    }),
  eventRaised: (at: number, name: string, input: string | null): HistoryEvent =>
    event(eventTypes.eventRaised, at, { name, body: { Name: name, Input: input } }),
};

/** The event as the library reads it. `isPlayed`: whether an earlier turn has already seen it. */
export function eventText(entry: HistoryEvent, isPlayed: boolean): string {
  const eventId = isCreation(entry) ? entry.ref : -1;
  const timestamp = new Date(entry.at).toISOString();
  return `{"EventType":${entry.type},"EventId":${eventId},"IsPlayed":${isPlayed},"Timestamp":"${timestamp}"${entry.body}}`;
}

function isCreation(entry: HistoryEvent): boolean {
  return entry.type === eventTypes.taskScheduled || entry.type === eventTypes.timerCreated;
}
