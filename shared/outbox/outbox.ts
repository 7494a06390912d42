import { randomUUID } from 'node:crypto';
import { type Database, type Queries, firstRows } from '../data/index.ts';
import { UnavailableError } from '../errors.ts';
import { createLogger, withRemoteParent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';

/** A message for a queue, or an event for an orchestration, that must go out if and only if the transaction commits. */
export type OutboxEntry =
  | { readonly kind: 'message'; readonly queue: string; readonly messageId: string; readonly body: unknown }
  | {
      readonly kind: 'event';
      readonly instanceId: string;
      readonly eventName: string;
      readonly body: unknown;
    };

/** Where entries go. Each call throws when the entry was not taken; taking one twice does no harm. */
export interface OutboxTargets {
  sendMessage(entry: Extract<OutboxEntry, { kind: 'message' }>): Promise<void>;
  raiseEvent(entry: Extract<OutboxEntry, { kind: 'event' }>): Promise<void>;
}

export interface RelayReport {
  readonly published: number;
  readonly failed: number;
}

const RELAY_BATCH = 100;
/** Left to the request that wrote the entry, so that relay and request do not both send it as a rule. */
const HEAD_START_MS = 3000;
const log = createLogger('outbox');

/** Writes entries in the caller's transaction; returns their ids for `publish`. */
export async function addToOutbox(
  trx: Queries,
  entries: readonly OutboxEntry[],
  options: { readonly now: Date; readonly traceparent: string | undefined },
): Promise<string[]> {
  const createdAt = options.now.toISOString();
  const rows = entries.map((entry) => ({
    outboxId: randomUUID(),
    kind: entry.kind,
    destination: entry.kind === 'message' ? entry.queue : entry.instanceId,
    messageId: entry.kind === 'message' ? entry.messageId : entry.eventName,
    body: JSON.stringify(entry.body),
    traceparent: options.traceparent ?? null,
    createdAt,
    notBefore: new Date(options.now.getTime() + HEAD_START_MS).toISOString(),
    attempts: 0,
    lastError: null,
  }));
  await trx.insertInto('Outbox').values(rows).execute();
  return rows.map((row) => row.outboxId);
}

/**
 * Publishes entries of a committed transaction at once. A failure is not the caller's: it is logged, the entry stays, and the
 * relay sends it later.
 */
export async function publish(
  deps: { readonly database: Database; readonly targets: OutboxTargets; readonly clock: Clock },
  outboxIds: readonly string[],
): Promise<RelayReport> {
  if (outboxIds.length === 0) return { published: 0, failed: 0 };
  let rows: readonly OutboxRow[];
  try {
    rows = await deps.database.read
      .selectFrom('Outbox')
      .selectAll()
      .where('outboxId', 'in', [...outboxIds])
      .orderBy('seq')
      .execute();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.warn('outbox entries could not be read; the relay sends them', { outboxIds, error });
    return { published: 0, failed: outboxIds.length };
  }
  return publishRows(deps, rows);
}

/** Publishes what a crash or an outage left behind: entries that are due, oldest first, with backoff per entry. */
export async function relayOutbox(deps: {
  readonly database: Database;
  readonly targets: OutboxTargets;
  readonly clock: Clock;
}): Promise<RelayReport> {
  const due = deps.database.read
    .selectFrom('Outbox')
    .selectAll()
    .where('notBefore', '<=', deps.clock.now().toISOString())
    .orderBy('notBefore')
    .orderBy('seq');
  return publishRows(deps, await firstRows(due, RELAY_BATCH, deps.database.dialect).execute());
}

interface OutboxRow {
  readonly outboxId: string;
  readonly kind: string;
  readonly destination: string;
  readonly messageId: string;
  readonly body: string;
  readonly traceparent: string | null;
  readonly attempts: number;
}

async function publishRows(
  deps: { readonly database: Database; readonly targets: OutboxTargets; readonly clock: Clock },
  rows: readonly OutboxRow[],
): Promise<RelayReport> {
  let published = 0;
  const away = new Set<string>();
  for (const row of rows) {
    // One time-out per round for a queue that is away, not one per entry. The entry stays due.
    if (away.has(row.destination)) continue;
    try {
      await withRemoteParent(row.traceparent ?? undefined, () => send(deps.targets, row));
      await deps.database.transaction((trx) =>
        trx.deleteFrom('Outbox').where('outboxId', '=', row.outboxId).execute(),
      );
      published += 1;
    } catch (error) {
      log.warn('an outbox entry was not taken; the relay sends it later', { outboxId: row.outboxId, error });
      if (error instanceof UnavailableError) away.add(row.destination);
      await postpone(deps, row, error);
    }
  }
  return { published, failed: rows.length - published };
}

function send(targets: OutboxTargets, row: OutboxRow): Promise<void> {
  const body: unknown = JSON.parse(row.body);
  return row.kind === 'message'
    ? targets.sendMessage({ kind: 'message', queue: row.destination, messageId: row.messageId, body })
    : targets.raiseEvent({ kind: 'event', instanceId: row.destination, eventName: row.messageId, body });
}

async function postpone(
  deps: { readonly database: Database; readonly clock: Clock },
  row: OutboxRow,
  error: unknown,
): Promise<void> {
  const delayMs = Math.min(1000 * 2 ** row.attempts, 60_000);
  const change = {
    attempts: row.attempts + 1,
    lastError: String(error instanceof Error ? error.message : error).slice(0, 2000),
    notBefore: new Date(deps.clock.now().getTime() + delayMs).toISOString(),
  };
  try {
    await deps.database.transaction((trx) =>
      trx.updateTable('Outbox').set(change).where('outboxId', '=', row.outboxId).execute(),
    );
  } catch (cause) {
    // The entry is untouched and due again; the relay's next round finds it.
    log.warn('an outbox entry could not be postponed', { outboxId: row.outboxId, error: cause });
  }
}
