import type { SelectQueryBuilder } from 'kysely';
import { type Principal, hasAnyRole } from '../auth/index.ts';
import {
  type CamCommandTable,
  type Database,
  type DialectName,
  type PageKey,
  type Schema,
  contains,
  firstRows,
  pageAfter,
} from '../data/index.ts';
import { recordHistory } from '../history/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { FINAL_STATUSES, isFinal, requireCommand, traceIdOf } from './attempts.ts';
import { type CommandRow, type CommandView, toAttemptView, toCommandSummary } from './command-view.ts';
import { CamCommandError } from './errors.ts';
import { MAX_NAME_LENGTH, commandLabel, commandSubject } from './order.ts';
import { type WaitReasonDeps, waitReasons } from './wait-reasons.ts';

export interface CommandFilter {
  readonly status?: string | undefined;
  readonly routingId?: string | undefined;
  readonly itemCode?: string | undefined;
  readonly application?: string | undefined;
  readonly workstation?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly requestedBy?: string | undefined;
  readonly q?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

export interface CommandServiceDeps extends WaitReasonDeps {
  readonly database: Database;
  readonly clock: Clock;
}

/** Commands, newest first. */
export async function listCommands(
  deps: CommandServiceDeps,
  filter: CommandFilter,
  page: { readonly top: number; readonly after?: PageKey | undefined },
): Promise<{ readonly value: CommandView[]; readonly next: PageKey | undefined }> {
  const rows = await listQuery(deps.database, filter, page).execute();
  const shown = rows.slice(0, page.top);
  const last = shown.at(-1);
  return {
    value: await withDetails(deps, shown),
    next: rows.length > page.top && last ? { seq: last.seq } : undefined,
  };
}

/** The rows of a page and one more, which tells that there is another page. */
export function listQuery(
  { read, dialect }: Pick<Database, 'read' | 'dialect'>,
  filter: CommandFilter,
  page: { readonly top: number; readonly after?: PageKey | undefined },
) {
  const query = pageAfter(
    filtered(read.selectFrom('CamCommand').selectAll(), filter, dialect),
    { seqColumn: 'CamCommand.seq', descending: true },
    page.after,
  );
  return firstRows(query, page.top + 1, dialect);
}

/** One command with its attempts and the files it made. */
export async function readCommand(deps: CommandServiceDeps, commandId: string): Promise<CommandView> {
  const command = await requireCommand(deps.database.read, commandId);
  const [view] = await withDetails(deps, [command]);
  if (!view) throw new CamCommandError('command-not-found');
  return view;
}

/** Adds attempts, files and what each waits for: a few queries, however many commands. */
async function withDetails(
  deps: CommandServiceDeps,
  commands: readonly CommandRow[],
): Promise<CommandView[]> {
  if (commands.length === 0) return [];
  const queries = deps.database.read;
  const ids = commands.map((command) => command.commandId);
  const attempts = await queries
    .selectFrom('CamCommandAttempt')
    .selectAll()
    .where('commandId', 'in', ids)
    .orderBy('seq')
    .execute();
  const files = await queries
    .selectFrom('CamCommandOutput')
    .select(['commandId', 'fileId', 'camRev', 'fileName', 'role', 'sizeBytes', 'sha256'])
    .where('commandId', 'in', ids)
    .orderBy('seq')
    .execute();
  const waitReason = await waitReasons(queries, deps.clock.now(), commands, deps);
  const attemptsOf = Map.groupBy(attempts, (attempt) => attempt.commandId);
  const filesOf = Map.groupBy(files, (file) => file.commandId);
  return commands.map((command) => ({
    ...toCommandSummary(command, waitReason(command)),
    attempts: (attemptsOf.get(command.commandId) ?? []).map(toAttemptView),
    files: (filesOf.get(command.commandId) ?? []).map(({ commandId: _commandId, ...file }) => ({
      ...file,
      role: file.role as CommandView['files'][number]['role'],
    })),
  }));
}

/**
 * Asks for a command to be cancelled. The answer is `Cancelling` unless it ended before; who ran it is told by the outbox.
 * @throws {CamCommandError} `command-finished`, `not-your-command`, `command-not-found`.
 */
export async function cancelCommand(
  { database, clock }: Pick<CommandServiceDeps, 'database' | 'clock'>,
  given: { readonly commandId: string; readonly reason: string; readonly principal: Principal },
): Promise<{ readonly outboxIds: readonly string[] }> {
  const { commandId, principal } = given;
  const now = clock.now();
  return database.transaction(async (trx) => {
    const before = await requireCommand(trx, commandId);
    if (before.requestedBy !== nameOf(principal) && !hasAnyRole(principal, ['Mcms.Operator'])) {
      throw new CamCommandError('not-your-command');
    }
    const { numUpdatedRows } = await trx
      .updateTable('CamCommand')
      .set((eb) => ({
        status: 'Cancelling',
        cancelRequestedAt: now.toISOString(),
        cancelRequestedBy: nameOf(principal),
        cancelReason: given.reason,
        version: eb('version', '+', 1),
      }))
      .where('commandId', '=', commandId)
      .where('cancelRequestedAt', 'is', null)
      .where('status', 'not in', FINAL_STATUSES)
      .executeTakeFirst();
    const command = await requireCommand(trx, commandId);
    if (numUpdatedRows === 0n) {
      if (!isFinal(command.status)) return { outboxIds: [] };
      throw new CamCommandError('command-finished', { extensions: { commandStatus: command.status } });
    }
    await recordHistory(
      trx,
      {
        by: nameOf(principal),
        kind: principal.kind,
        at: now.toISOString(),
        comment: given.reason,
        traceId: traceIdOf(command),
      },
      [
        {
          ...commandSubject(command),
          changeType: 'CommandCancelRequested',
          field: 'command',
          previousValue: before.status,
          currentValue: commandLabel(command),
        },
      ],
    );
    const event = {
      kind: 'event',
      instanceId: instanceIdOf(command),
      eventName: `cancel.${command.run}`,
      body: { reason: given.reason },
    } as const;
    return { outboxIds: await addToOutbox(trx, [event], { now, traceparent: currentTraceparent() }) };
  });
}

function nameOf(principal: Principal): string {
  return principal.name.slice(0, MAX_NAME_LENGTH);
}

/** The orchestration of a command's run. */
export function instanceIdOf(command: { readonly commandId: string; readonly run: number }): string {
  return `${command.commandId}.r${command.run}`;
}

type CommandQuery = SelectQueryBuilder<Schema, 'CamCommand', CamCommandRow>;
type CamCommandRow = CommandRow & { seq: number };

function filtered(query: CommandQuery, filter: CommandFilter, dialect: DialectName): CommandQuery {
  let result = query;
  for (const column of [
    'status',
    'routingId',
    'itemCode',
    'application',
    'workstation',
    'errorCode',
    'requestedBy',
  ] as const) {
    const wanted = filter[column];
    if (wanted !== undefined) result = result.where(column satisfies keyof CamCommandTable, '=', wanted);
  }
  if (filter.from) result = result.where('requestedAt', '>=', filter.from.toISOString());
  if (filter.to) result = result.where('requestedAt', '<', filter.to.toISOString());
  if (filter.q !== undefined) {
    const { q } = filter;
    const fields = ['itemCode', 'commandType', 'requestedBy', 'errorMessage'] as const;
    result = result.where((eb) => eb.or(fields.map((field) => contains(`CamCommand.${field}`, q, dialect))));
  }
  return result;
}
