import type { SelectQueryBuilder } from 'kysely';
import { type Principal, hasAnyRole } from '../auth/index.ts';
import {
  type CamCommandTable,
  type Database,
  type DialectName,
  type PageKey,
  type Queries,
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

export interface CommandServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
}

/** A command this young is on its way to a workstation rather than waiting for one. */
const ON_ITS_WAY_MS = 2000;
/** A workstation not heard of for this long does not count as one that could take work. */
const WORKSTATION_SILENT_MS = 3 * 60_000;

/** Commands, newest first. */
export async function listCommands(
  { database, clock }: CommandServiceDeps,
  filter: CommandFilter,
  page: { readonly top: number; readonly after?: PageKey | undefined },
): Promise<{ readonly value: CommandView[]; readonly next: PageKey | undefined }> {
  const rows = await listQuery(database, filter, page).execute();
  const shown = rows.slice(0, page.top);
  const last = shown.at(-1);
  return {
    value: await withDetails(database.read, clock.now(), shown),
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
export async function readCommand(
  { database, clock }: CommandServiceDeps,
  commandId: string,
): Promise<CommandView> {
  const command = await requireCommand(database.read, commandId);
  const [view] = await withDetails(database.read, clock.now(), [command]);
  if (!view) throw new CamCommandError('command-not-found');
  return view;
}

/** Adds attempts, files and what each waits for: three queries, however many commands. */
async function withDetails(
  queries: Queries,
  now: Date,
  commands: readonly CommandRow[],
): Promise<CommandView[]> {
  if (commands.length === 0) return [];
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
  const waitReason = await waitReasons(queries, now, commands);
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
  { database, clock }: CommandServiceDeps,
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

/** Why queued commands wait, from who has been heard of lately. One small query, and only when something waits. */
async function waitReasons(
  queries: Queries,
  now: Date,
  commands: readonly CommandRow[],
): Promise<(command: CommandRow) => string | null> {
  if (!commands.some((command) => command.status === 'Queued')) return () => null;
  const rows = await queries
    .selectFrom('Workstation')
    .select('applications')
    .where('lastSeenAt', '>=', new Date(now.getTime() - WORKSTATION_SILENT_MS).toISOString())
    .execute();
  const able = new Set(rows.flatMap((row) => JSON.parse(row.applications) as string[]));
  return (command) => {
    if (command.status !== 'Queued') return null;
    if (command.notBefore !== null && Date.parse(command.notBefore) > now.getTime()) {
      return `not before ${command.notBefore}`;
    }
    if (!able.has(command.application)) return `no workstation for ${command.application}`;
    return now.getTime() - Date.parse(command.requestedAt) < ON_ITS_WAY_MS ? null : 'no seat free';
  };
}
