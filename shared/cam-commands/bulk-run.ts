import { type Database, type Queries, firstRows } from '../data/index.ts';
import { AppError, UnavailableError } from '../errors.ts';
import type { Change } from '../history/index.ts';
import { createLogger } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { findCommand, traceIdOf } from './attempts.ts';
import type { BulkItemResult, BulkRow } from './bulk-view.ts';
import { requestCancel } from './cancel.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import { retryIn } from './retry.ts';

export interface BulkRunDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
}

export interface BulkRound {
  /** Commands at most. */
  readonly limit: number;
  /** This one alone; all that run, oldest first, when left out. */
  readonly bulkActionId?: string | undefined;
}

export interface BulkReport {
  /** Commands dealt with. */
  readonly commands: number;
  /**
   * To be published, all of them at once: a broker that does not answer then costs the round one time-out. What a round that breaks
   * off has written, the outbox relay sends.
   */
  readonly outboxIds: readonly string[];
}

const log = createLogger('bulk-actions');

/**
 * Goes on with bulk actions that run. Each command is acted upon, and its result written, in one transaction of its own: after a
 * crash the next round goes on with those that are still pending, and none is acted upon twice.
 */
export async function runBulkActions(deps: BulkRunDeps, round: BulkRound): Promise<BulkReport> {
  const outboxIds: string[] = [];
  let commands = 0;
  for (const action of await running(deps.database, round)) {
    if (commands === round.limit) break;
    const done = await goOn(deps, action, round.limit - commands);
    commands += done.commands;
    outboxIds.push(...done.outboxIds);
  }
  return { commands, outboxIds };
}

async function running({ read }: Database, { bulkActionId }: BulkRound): Promise<BulkRow[]> {
  const query = read.selectFrom('BulkAction').selectAll().where('state', '=', 'Running').orderBy('seq');
  if (bulkActionId === undefined) return query.execute();
  return query.where('bulkActionId', '=', bulkActionId).execute();
}

async function goOn(deps: BulkRunDeps, action: BulkRow, limit: number): Promise<BulkReport> {
  const { read, dialect } = deps.database;
  const pending = read
    .selectFrom('BulkActionItem')
    .select('commandId')
    .where('bulkActionId', '=', action.bulkActionId)
    .where('result', '=', 'Pending')
    .orderBy('seq');
  const items = await firstRows(pending, limit, dialect).execute();
  const report = { commands: items.length, outboxIds: [] as string[] };
  for (const { commandId } of items) {
    const done = await actOn(deps, action, commandId);
    if (done === 'stopped') return report;
    report.outboxIds.push(...(done?.outboxIds ?? []));
  }
  if (items.length < limit) await finish(deps, action);
  return report;
}

interface Outcome {
  readonly result: Exclude<BulkItemResult, 'Pending'>;
  readonly detail: string;
  readonly outboxIds: readonly string[];
}

/** `stopped` when the action was meanwhile; undefined when somebody else was faster, or it could not be done. */
async function actOn(
  deps: BulkRunDeps,
  action: BulkRow,
  commandId: string,
): Promise<Outcome | 'stopped' | undefined> {
  try {
    return await deps.database.transaction(async (trx) => {
      if (!(await isRunning(trx, action))) return 'stopped';
      if (!(await settle(trx, { action, commandId, result: 'Done', at: deps.clock.now() }))) return undefined;
      const outcome = await act(deps, trx, { action, commandId });
      await trx
        .updateTable('BulkActionItem')
        .set({ result: outcome.result, detail: outcome.detail })
        .where('bulkActionId', '=', action.bulkActionId)
        .where('commandId', '=', commandId)
        .execute();
      return outcome;
    });
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    await noteFailure(deps, { action, commandId, error });
    return undefined;
  }
}

async function isRunning(trx: Queries, { bulkActionId }: BulkRow): Promise<boolean> {
  const row = await trx
    .selectFrom('BulkAction')
    .select('state')
    .where('bulkActionId', '=', bulkActionId)
    .executeTakeFirst();
  return row?.state === 'Running';
}

/** Takes the item from Pending, which only one can; what it waits for is whoever else is at it. */
async function settle(
  trx: Queries,
  given: {
    readonly action: BulkRow;
    readonly commandId: string;
    readonly result: Outcome['result'];
    readonly detail?: string;
    readonly at: Date;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('BulkActionItem')
    .set({ result: given.result, detail: given.detail ?? null, doneAt: given.at.toISOString() })
    .where('bulkActionId', '=', given.action.bulkActionId)
    .where('commandId', '=', given.commandId)
    .where('result', '=', 'Pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function act(
  deps: BulkRunDeps,
  trx: Queries,
  { action, commandId }: { readonly action: BulkRow; readonly commandId: string },
): Promise<Outcome> {
  const command = await findCommand(trx, commandId);
  if (!command) return skipped('The command is gone.');
  const change = changeOf(action, command, deps.clock.now());
  if (action.action === 'cancel') {
    const asked = await requestCancel(trx, command, change);
    if (asked.kind === 'ended') return skipped(`The command has ended as ${asked.status}.`);
    if (asked.kind === 'asked-before') return skipped('The command is being cancelled already.');
    return { result: 'Done', detail: `was ${command.status}`, outboxIds: asked.outboxIds };
  }
  const retried = await retryIn(trx, command, { change, commandTypes: deps.commandTypes });
  if (!retried) return skipped(`The command is ${(await findCommand(trx, commandId))?.status ?? 'gone'}.`);
  const detail = retried.kind === 'now' ? `run ${retried.run}, next attempt now` : `run ${retried.run}`;
  return { result: 'Done', detail, outboxIds: retried.outboxIds };
}

function skipped(detail: string): Outcome {
  return { result: 'Skipped', detail, outboxIds: [] };
}

/** Who prepared it is who does it; the reason names the bulk action. */
function changeOf(action: BulkRow, command: CommandRow, at: Date): Change {
  return {
    by: action.createdBy,
    kind: action.createdByKind as Change['kind'],
    at: at.toISOString(),
    comment: `${action.reason} (bulk action ${action.bulkActionId})`,
    traceId: traceIdOf(command),
  };
}

async function noteFailure(
  deps: BulkRunDeps,
  { action, commandId, error }: { action: BulkRow; commandId: string; error: unknown },
): Promise<void> {
  log.error('a command of a bulk action could not be dealt with', {
    bulkActionId: action.bulkActionId,
    commandId,
    error,
  });
  const detail = (
    error instanceof AppError ? error.message : 'An internal error kept it from being done.'
  ).slice(0, 500);
  await deps.database.transaction((trx) =>
    settle(trx, { action, commandId, result: 'Failed', detail, at: deps.clock.now() }),
  );
}

async function finish({ database, clock }: BulkRunDeps, { bulkActionId }: BulkRow): Promise<void> {
  await database.transaction((trx) =>
    trx
      .updateTable('BulkAction')
      .set({ state: 'Finished', finishedAt: clock.now().toISOString() })
      .where('bulkActionId', '=', bulkActionId)
      .where('state', '=', 'Running')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('BulkActionItem')
              .select('commandId')
              .where('bulkActionId', '=', bulkActionId)
              .where('result', '=', 'Pending'),
          ),
        ),
      )
      .execute(),
  );
}
