import { type Database, type Queries, firstRows } from '../data/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { type AttemptDeps, findCommand, isFinal } from './attempts.ts';
import { concludeCancelled } from './conclude.ts';
import { commandStatuses } from './contracts.ts';
import { outboxMessageOf } from './order.ts';
import { abandonAttempt } from './supervision.ts';

/** For how long a command must have been seen without an orchestration before it counts as abandoned. */
export const ABANDONED_AFTER_MS = 5 * 60_000;

/** Commands looked at in one round, beside those that were suspect before. */
export const WATCH_BATCH = 100;

/** A run of a command that is open in SQL. */
export interface OpenRun {
  readonly seq: number;
  readonly commandId: string;
  readonly run: number;
  readonly attempt: number;
}

/** What the watch remembers between its rounds. */
export interface WatchMemory {
  /** Commands up to this one have been looked at; 0: from the start. */
  readonly after: number;
  /** Runs found without an orchestration, and since when (milliseconds since the epoch), by instance id. */
  readonly suspects: ReadonlyMap<string, Suspect>;
}

export interface Suspect extends OpenRun {
  readonly since: number;
}

export const NOTHING_SEEN: WatchMemory = { after: 0, suspects: new Map() };

/**
 * The runs to look at in a round: those suspect so far that are still open, and the next batch of the others. Runs that an agent
 * works on, or whose loss has been noticed, are the attempt watchdog's; those with a message in the outbox are on their way.
 */
export async function runsToWatch(
  { database }: { readonly database: Database },
  memory: WatchMemory,
): Promise<{ readonly runs: readonly OpenRun[]; readonly after: number }> {
  const next = await firstRows(
    openRuns(database.read).where('CamCommand.seq', '>', memory.after).orderBy('CamCommand.seq'),
    WATCH_BATCH,
    database.dialect,
  ).execute();
  const ids = [...memory.suspects.values()].map(({ commandId }) => commandId);
  const suspects =
    ids.length === 0 ? [] : await openRuns(database.read).where('CamCommand.commandId', 'in', ids).execute();
  const known = new Set(ids);
  return {
    runs: [...suspects, ...next.filter(({ commandId }) => !known.has(commandId))],
    after: next.length < WATCH_BATCH ? 0 : (next.at(-1)?.seq ?? 0),
  };
}

const OPEN_STATUSES = commandStatuses.filter((status) => !isFinal(status));

function openRuns(queries: Queries) {
  return queries
    .selectFrom('CamCommand')
    .select(['CamCommand.seq', 'CamCommand.commandId', 'CamCommand.run', 'CamCommand.attempt'])
    .where('CamCommand.status', 'in', OPEN_STATUSES)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('CamWorkItem')
            .select('CamWorkItem.seq')
            .whereRef('CamWorkItem.commandId', '=', 'CamCommand.commandId')
            .where('CamWorkItem.state', '!=', 'Waiting'),
        ),
      ),
    );
}

export type RunState = 'open' | 'ended' | 'unknown';

export interface WatchStep {
  readonly memory: WatchMemory;
  /** Runs whose orchestration has ended without ending them: they are to be ended. */
  readonly end: readonly OpenRun[];
  /** Runs that no orchestration has begun: their message is to be sent again. */
  readonly restart: readonly OpenRun[];
}

/**
 * The watch's decision, pure. A run counts as abandoned when it was seen so in every round for `ABANDONED_AFTER_MS`: its message may
 * still be on its way. One of which something is done begins anew as a suspect, so that nothing is done twice in a short time.
 */
export function watchStep(
  before: WatchMemory,
  round: {
    readonly seen: readonly (readonly [OpenRun, RunState])[];
    readonly after: number;
    readonly now: Date;
  },
): WatchStep {
  const now = round.now.getTime();
  const suspects = new Map<string, Suspect>();
  const end: OpenRun[] = [];
  const restart: OpenRun[] = [];
  for (const [run, state] of round.seen) {
    if (state === 'open') continue;
    const key = `${run.commandId}.r${run.run}`;
    const since = before.suspects.get(key)?.since ?? now;
    const abandoned = now - since >= ABANDONED_AFTER_MS;
    // What a clock that was set back has seen counts for nothing.
    if (suspects.size < WATCH_BATCH)
      suspects.set(key, { ...run, since: abandoned ? now : Math.min(since, now) });
    if (!abandoned) continue;
    // An attempt was begun, and whoever knew how it stands is gone: it must not be begun a second time.
    if (state === 'unknown' && run.attempt === 0) restart.push(run);
    else end.push(run);
  }
  return { memory: { after: round.after, suspects }, end, restart };
}

/** Ends an open run that nobody works on any more: as it was asked to be, or as failed. */
export async function endAbandoned(deps: AttemptDeps, { commandId, run, attempt }: OpenRun): Promise<void> {
  const key = { commandId, run, attempt: Math.max(1, attempt) };
  const command = await findCommand(deps.database.read, commandId);
  if (command?.cancelRequestedAt) await concludeCancelled(deps, key, { status: 'Cancelled' });
  else await abandonAttempt(deps, key);
}

/** Puts the message of a run that no orchestration has begun into the outbox again, to be published; none when it is there, or not needed. */
export async function sendAgain(
  { database, clock }: Pick<AttemptDeps, 'database' | 'clock'>,
  { commandId, run }: OpenRun,
): Promise<readonly string[]> {
  return database.transaction(async (trx) => {
    const command = await findCommand(trx, commandId);
    if (!command || command.run !== run || command.attempt > 0 || isFinal(command.status)) return [];
    const message = outboxMessageOf(command);
    if (message.kind !== 'message') return [];
    const waiting = await trx
      .selectFrom('Outbox')
      .select('outboxId')
      .where('messageId', '=', message.messageId)
      .where('destination', '=', message.queue)
      .executeTakeFirst();
    if (waiting) return [];
    return addToOutbox(trx, [message], { now: clock.now(), traceparent: command.traceparent ?? undefined });
  });
}
