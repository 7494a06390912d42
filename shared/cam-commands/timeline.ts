import type { OperatorAction } from '../operator-actions/contracts.ts';
import { isFinal } from './attempts.ts';
import type { CommandView } from './command-view.ts';
import type { TimelineEntry } from './timeline-view.ts';

type Attempt = CommandView['attempts'][number];
type Action = Pick<
  OperatorAction,
  'action' | 'run' | 'reason' | 'previousValue' | 'currentValue' | 'actedAt' | 'actedBy' | 'actorKind'
>;

export interface TimelineFacts {
  readonly command: CommandView;
  /** What people, and MCMS by itself, did to it. */
  readonly actions: readonly Action[];
  /** The request to cancel as the command itself has it. */
  readonly cancel: { readonly at: string; readonly by: string; readonly reason: string | null } | undefined;
  readonly now: Date;
}

/** Actions that begin a run: told before the attempts of that run. */
const BEGIN_A_RUN: readonly string[] = ['CommandRetried', 'CommandReprocessed'];

/**
 * Everything that happened to a command, in order. Entries of the same instant stand as they follow from each other, and a
 * workstation's clock that is behind never puts the end of an attempt before its beginning.
 */
export function assembleTimeline(facts: TimelineFacts): TimelineEntry[] {
  const { command } = facts;
  const entries = [ordered(command), ...notBefore(command)];
  const attemptsOf = Map.groupBy(command.attempts, (attempt) => attempt.run);
  const actions = withUnloggedCancel(facts);
  for (let run = 1; run <= command.run; run += 1) {
    const mine = actions.filter((action) => (action.run ?? command.run) === run);
    const [begin, others] = [mine.filter(beginsRun), mine.filter((action) => !beginsRun(action))];
    entries.push(...begin.map((action) => toEntry(action, run)));
    entries.push(...ofAttempts(facts, attemptsOf.get(run) ?? []));
    entries.push(...others.map((action) => toEntry(action, run)));
    entries.push(...endOfRun(facts, { run, attempts: attemptsOf.get(run) ?? [] }));
  }
  return entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function beginsRun({ action }: Action): boolean {
  return BEGIN_A_RUN.includes(action);
}

function ordered(command: CommandView): TimelineEntry {
  return {
    at: command.requestedAt,
    kind: 'ordered',
    run: 1,
    by: command.requestedBy,
    byKind: command.requestedByKind,
    clonedFromId: command.clonedFromId,
  };
}

/** The wait for the time that the order named; a later run has none. */
function notBefore({ run, requestedAt, notBefore: until, attempts }: CommandView): TimelineEntry[] {
  if (until === null || run > 1 || until <= requestedAt) return [];
  return [wait('not-before', { run: 1, from: requestedAt, until, over: attempts.length > 0 })];
}

/** Version 0.1 noted who cancelled at the command alone. */
function withUnloggedCancel({ command, actions, cancel }: TimelineFacts): readonly Action[] {
  const logged = actions.some(
    ({ action, run }) => action === 'CommandCancelRequested' && run === command.run,
  );
  if (!cancel || logged) return actions;
  const { at: actedAt, by: actedBy, reason } = cancel;
  const action: Action = {
    action: 'CommandCancelRequested',
    run: command.run,
    reason,
    previousValue: null,
    currentValue: 'Cancelling',
    actedAt,
    actedBy,
    actorKind: 'user',
  };
  return [...actions, action];
}

function toEntry(action: Action, run: number): TimelineEntry {
  const { reason, previousValue, currentValue } = action;
  return {
    at: action.actedAt,
    kind: 'action',
    run,
    action: action.action,
    by: action.actedBy,
    byKind: action.actorKind,
    reason,
    previousValue,
    currentValue,
  };
}

function ofAttempts(facts: TimelineFacts, attempts: readonly Attempt[]): TimelineEntry[] {
  return attempts.flatMap((attempt, index) => {
    const next = attempts[index + 1];
    return [...ofAttempt(facts, attempt), ...backoff(facts.command, attempt, next)];
  });
}

function ofAttempt({ command, now }: TimelineFacts, attempt: Attempt): TimelineEntry[] {
  const { run, workstation, queuedAt, claimedAt, startedAt, endedAt, phase, percent } = attempt;
  const at = { run, attempt: attempt.attempt };
  const entries: TimelineEntry[] = [{ ...at, at: queuedAt, kind: 'attempt-queued' }];
  const waited = claimedAt ?? endedAt;
  entries.push({
    ...wait('workstation', { run, from: queuedAt, until: waited, over: waited !== null }),
    ...at,
  });
  if (claimedAt !== null) entries.push({ ...at, at: claimedAt, kind: 'attempt-claimed', workstation });
  if (startedAt !== null) entries.push({ ...at, at: startedAt, kind: 'attempt-started', workstation });
  if (endedAt === null && phase !== null) {
    entries.push({ ...at, at: now.toISOString(), kind: 'attempt-phase', workstation, phase, percent });
  }
  if (endedAt !== null) {
    entries.push({
      ...at,
      at: endedAt,
      kind: 'attempt-ended',
      workstation,
      status: attempt.status,
      ...(startedAt === null ? {} : { durationMs: between(startedAt, endedAt) }),
      phase,
      percent,
      error: attempt.error,
      logTail: attempt.logTail,
      files: attempt.status === 'Succeeded' ? command.files : [],
    });
  }
  return inOrder(entries);
}

/** Moves each entry to the instant of the one before where it claims to be earlier. */
function inOrder(entries: readonly TimelineEntry[]): TimelineEntry[] {
  let latest = '';
  return entries.map((entry) => {
    if (entry.at > latest) latest = entry.at;
    return { ...entry, at: latest };
  });
}

function backoff(command: CommandView, ended: Attempt, next: Attempt | undefined): TimelineEntry[] {
  const from = ended.endedAt;
  if (from === null) return [];
  const { run } = ended;
  if (next) return [wait('backoff', { run, from, until: next.queuedAt, over: true })];
  const waits = command.status === 'Retrying' && command.run === run;
  return waits ? [wait('backoff', { run, from, until: command.nextAttemptAt, over: false })] : [];
}

function wait(
  waitsFor: NonNullable<TimelineEntry['waitsFor']>,
  given: { run: number; from: string; until: string | null; over: boolean },
): TimelineEntry {
  const { run, from: at, until, over } = given;
  const durationMs = over && until !== null ? { durationMs: between(at, until) } : {};
  return { at, kind: 'waiting', run, waitsFor, until, ...durationMs };
}

/** The end of the present run is the command's; how an earlier one ended stands in the action that began the next. */
function endOfRun(
  { command, actions }: TimelineFacts,
  { run, attempts }: { readonly run: number; readonly attempts: readonly Attempt[] },
): TimelineEntry[] {
  const began = actions.find((action) => action.run === run && beginsRun(action));
  const from = began?.actedAt ?? command.requestedAt;
  if (run === command.run) {
    const { status, completedAt, workstation, error } = command;
    if (completedAt === null || !isFinal(status)) return [];
    const durationMs = between(from, completedAt);
    return [{ at: completedAt, kind: 'run-ended', run, status, workstation, error, durationMs }];
  }
  const last = attempts.at(-1);
  const next = actions.find((action) => action.run === run + 1 && beginsRun(action));
  const status = next?.previousValue?.split(':')[0];
  if (!last?.endedAt || (status !== 'Failed' && status !== 'Cancelled')) return [];
  const { endedAt: at, workstation, error } = last;
  return [{ at, kind: 'run-ended', run, status, workstation, error, durationMs: between(from, at) }];
}

function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
