import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Principal } from '../auth/index.ts';
import {
  type Database,
  type PageKey,
  type Queries,
  bound,
  cutPage,
  firstRows,
  pageAfter,
} from '../data/index.ts';
import { type Change, changeBy } from '../history/index.ts';
import { recordAction } from '../operator-actions/index.ts';
import type { OperatorActionName } from '../operator-actions/contracts.ts';
import { currentTraceId } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { despiteTwin } from './attempts.ts';
import {
  type BulkActionItem,
  type BulkActionName,
  type BulkActionView,
  type BulkItemResult,
  type BulkRow,
  type BulkState,
  MAX_BULK_COMMANDS,
  toBulkActionView,
  toBulkItem,
} from './bulk-view.ts';
import { type CommandFilter, whereCommand } from './command-filter.ts';
import type { CommandStatus } from './contracts.ts';
import { CamCommandError } from './errors.ts';

export interface BulkDeps {
  readonly database: Database;
  readonly clock: Clock;
}

export interface BulkRequest {
  readonly action: BulkActionName;
  readonly filter: CommandFilter;
  readonly reason: string;
  readonly principal: Principal;
  /** So that a repeated request finds it; a new one when left out. */
  readonly bulkActionId?: string | undefined;
}

/** States of a command that an action fits. */
const FITTING: Readonly<Record<BulkActionName, readonly CommandStatus[]>> = {
  retry: ['Failed', 'Cancelled', 'Retrying'],
  cancel: ['Queued', 'Dispatched', 'Running', 'Retrying'],
};

/**
 * Counts the commands that the filter matches and the action fits, and fixes them. Nothing is done to them yet.
 * @throws {CamCommandError} `bulk-too-many`, `bulk-action-id-taken`.
 */
export async function prepareBulkAction(deps: BulkDeps, request: BulkRequest): Promise<BulkActionView> {
  const { database, clock } = deps;
  const change = changeBy(request.principal, {
    at: clock.now(),
    comment: request.reason,
    traceId: currentTraceId(),
  });
  const bulkActionId = request.bulkActionId ?? randomUUID();
  await despiteTwin(() =>
    database.transaction(async (trx) => {
      const known = request.bulkActionId && (await findBulkAction(trx, bulkActionId));
      if (known && !isSame(known, request, change)) throw new CamCommandError('bulk-action-id-taken');
      if (known) return;
      const { numInsertedOrUpdatedRows } = await chooseQuery(database, trx, {
        ...request,
        bulkActionId,
      }).executeTakeFirst();
      const matched = Number(numInsertedOrUpdatedRows ?? 0);
      if (matched > MAX_BULK_COMMANDS) {
        throw new CamCommandError('bulk-too-many', { extensions: { maxCommands: MAX_BULK_COMMANDS } });
      }
      const row = newRow(request, { change, bulkActionId, matched });
      await trx.insertInto('BulkAction').values(row).execute();
      await journal(trx, change, {
        row,
        action: 'BulkActionPrepared',
        before: null,
        after: `${matched} commands`,
      });
    }),
  );
  return readBulkAction(deps, bulkActionId);
}

/** Fixes what is matched, oldest first, and one more than may be, which tells that it is too many. */
export function chooseQuery(
  { dialect }: Pick<Database, 'dialect'>,
  queries: Queries,
  given: Pick<BulkRequest, 'action' | 'filter'> & { readonly bulkActionId: string },
) {
  const fitting = whereCommand(queries.selectFrom('CamCommand'), given.filter, dialect)
    .where('CamCommand.status', 'in', FITTING[given.action])
    .select([
      sql<string>`${bound('BulkActionItem.bulkActionId', given.bulkActionId)}`.as('bulkActionId'),
      'CamCommand.commandId',
      sql<string>`${bound('BulkActionItem.result', 'Pending')}`.as('result'),
    ])
    .orderBy('CamCommand.seq');
  return queries
    .insertInto('BulkActionItem')
    .columns(['bulkActionId', 'commandId', 'result'])
    .expression(firstRows(fitting, MAX_BULK_COMMANDS + 1, dialect));
}

function newRow(
  { action, filter, reason }: BulkRequest,
  { change, bulkActionId, matched }: { change: Change; bulkActionId: string; matched: number },
): BulkRow {
  return {
    bulkActionId,
    action,
    filter: JSON.stringify(filter),
    reason,
    state: 'Prepared',
    matched,
    createdAt: change.at,
    createdBy: change.by,
    createdByKind: change.kind,
    startedAt: null,
    finishedAt: null,
  };
}

function isSame(known: BulkRow, request: BulkRequest, change: Change): boolean {
  return (
    known.action === request.action &&
    known.filter === JSON.stringify(request.filter) &&
    known.reason === request.reason &&
    known.createdBy === change.by
  );
}

/** @throws {CamCommandError} `bulk-action-not-found`. */
export async function readBulkAction({ database }: BulkDeps, bulkActionId: string): Promise<BulkActionView> {
  const row = await requireBulkAction(database.read, bulkActionId);
  const counts = await database.read
    .selectFrom('BulkActionItem')
    .select(({ fn }) => ['result', fn.countAll<number>().as('items')])
    .where('bulkActionId', '=', bulkActionId)
    .groupBy('result')
    .execute();
  return toBulkActionView(row, new Map(counts.map(({ result, items }) => [result, Number(items)])));
}

/**
 * What came of each command, in the order in which they are acted upon.
 * @throws {CamCommandError} `bulk-action-not-found`.
 */
export async function bulkActionItems(
  { database }: BulkDeps,
  bulkActionId: string,
  page: {
    readonly top: number;
    readonly after?: PageKey | undefined;
    readonly result?: BulkItemResult | undefined;
  },
): Promise<{ readonly value: BulkActionItem[]; readonly next: PageKey | undefined }> {
  await requireBulkAction(database.read, bulkActionId);
  let query = database.read.selectFrom('BulkActionItem').selectAll().where('bulkActionId', '=', bulkActionId);
  if (page.result !== undefined) query = query.where('result', '=', page.result);
  const ordered = pageAfter(query, { seqColumn: 'BulkActionItem.seq', descending: false }, page.after);
  const rows = await firstRows(ordered, page.top + 1, database.dialect).execute();
  const { shown, last } = cutPage(rows, page.top);
  return {
    value: shown.map(toBulkItem),
    next: last && { seq: last.seq },
  };
}

interface Turn {
  readonly bulkActionId: string;
  readonly principal: Principal;
  /** The reason the action was prepared with when left out. */
  readonly reason?: string | undefined;
}

/**
 * Lets it run, from the beginning or from where it was stopped; one that runs goes on running.
 * @throws {CamCommandError} `bulk-action-not-found`, `bulk-action-finished`.
 */
export async function startBulkAction(deps: BulkDeps, turn: Turn): Promise<void> {
  await move(deps, turn, { from: ['Prepared', 'Stopped'], to: 'Running', action: 'BulkActionStarted' });
}

/**
 * No further command is begun with; what is done stays done. One that is stopped stays so.
 * @throws {CamCommandError} `bulk-action-not-found`, `bulk-action-finished`.
 */
export async function stopBulkAction(deps: BulkDeps, turn: Turn): Promise<void> {
  await move(deps, turn, { from: ['Prepared', 'Running'], to: 'Stopped', action: 'BulkActionStopped' });
}

async function move(
  { database, clock }: BulkDeps,
  { bulkActionId, principal, reason }: Turn,
  to: { readonly from: readonly BulkState[]; readonly to: BulkState; readonly action: OperatorActionName },
): Promise<void> {
  const at = clock.now();
  await database.transaction(async (trx) => {
    const row = await requireBulkAction(trx, bulkActionId);
    const { numUpdatedRows } = await trx
      .updateTable('BulkAction')
      .set((eb) => ({
        state: to.to,
        startedAt:
          to.to === 'Running' ? eb.fn.coalesce('startedAt', eb.val(at.toISOString())) : row.startedAt,
      }))
      .where('bulkActionId', '=', bulkActionId)
      .where('state', 'in', to.from)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) {
      const now = await requireBulkAction(trx, bulkActionId);
      if (now.state === to.to) return;
      throw new CamCommandError('bulk-action-finished', { extensions: { state: now.state } });
    }
    const change = changeBy(principal, { at, comment: reason ?? row.reason, traceId: currentTraceId() });
    await journal(trx, change, { row, action: to.action, before: row.state, after: to.to });
  });
}

async function journal(
  trx: Queries,
  change: Change,
  {
    row,
    action,
    before,
    after,
  }: {
    readonly row: BulkRow;
    readonly action: OperatorActionName;
    readonly before: string | null;
    readonly after: string;
  },
): Promise<void> {
  await recordAction(trx, change, {
    action,
    subject: `bulk ${row.action} ${row.bulkActionId}`,
    previousValue: before,
    currentValue: after,
  });
}

async function findBulkAction(queries: Queries, bulkActionId: string): Promise<BulkRow | undefined> {
  return queries
    .selectFrom('BulkAction')
    .selectAll()
    .where('bulkActionId', '=', bulkActionId)
    .executeTakeFirst();
}

async function requireBulkAction(queries: Queries, bulkActionId: string): Promise<BulkRow> {
  const row = await findBulkAction(queries, bulkActionId);
  if (!row) throw new CamCommandError('bulk-action-not-found');
  return row;
}
