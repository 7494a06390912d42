import type { Principal } from '../auth/index.ts';
import { type Database, type PageKey, type Queries, firstRows, pageAfter } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import { allowedActions } from './allowed-actions.ts';
import { requireCommand } from './attempts.ts';
import { type CommandFilter, whereCommand } from './command-filter.ts';
import { type CommandRow, type CommandView, toAttemptView, toCommandSummary } from './command-view.ts';
import { CamCommandError } from './errors.ts';

export interface CommandServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
}

/** A command this young is on its way to a workstation rather than waiting for one. */
const ON_ITS_WAY_MS = 2000;
/** A workstation not heard of for this long does not count as one that could take work. */
const WORKSTATION_SILENT_MS = 3 * 60_000;

interface CommandPage {
  readonly top: number;
  readonly after?: PageKey | undefined;
}

/** Commands, newest first. `viewer` is who `allowedActions` are for. */
export async function listCommands(
  { database, clock }: CommandServiceDeps,
  filter: CommandFilter,
  page: CommandPage & { readonly viewer?: Principal | undefined },
): Promise<{ readonly value: CommandView[]; readonly next: PageKey | undefined }> {
  const rows = await listQuery(database, filter, page).execute();
  const shown = rows.slice(0, page.top);
  const last = shown.at(-1);
  return {
    value: await withDetails(database.read, shown, { now: clock.now(), viewer: page.viewer }),
    next: rows.length > page.top && last ? { seq: last.seq } : undefined,
  };
}

/** The rows of a page and one more, which tells that there is another page. */
export function listQuery(
  { read, dialect }: Pick<Database, 'read' | 'dialect'>,
  filter: CommandFilter,
  page: CommandPage,
) {
  const query = pageAfter(
    whereCommand(read.selectFrom('CamCommand').selectAll(), filter, dialect),
    { seqColumn: 'CamCommand.seq', descending: true },
    page.after,
  );
  return firstRows(query, page.top + 1, dialect);
}

/** One command with its attempts and the files it made. */
export async function readCommand(
  { database, clock }: CommandServiceDeps,
  commandId: string,
  viewer?: Principal,
): Promise<CommandView> {
  const command = await requireCommand(database.read, commandId);
  const [view] = await withDetails(database.read, [command], { now: clock.now(), viewer });
  if (!view) throw new CamCommandError('command-not-found');
  return view;
}

/** Adds attempts, files and what each waits for: three queries, however many commands. */
async function withDetails(
  queries: Queries,
  commands: readonly CommandRow[],
  { now, viewer }: { readonly now: Date; readonly viewer: Principal | undefined },
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
    allowedActions: allowedActions(command, viewer),
    attempts: (attemptsOf.get(command.commandId) ?? []).map(toAttemptView),
    files: (filesOf.get(command.commandId) ?? []).map(({ commandId: _commandId, ...file }) => ({
      ...file,
      role: file.role as CommandView['files'][number]['role'],
    })),
  }));
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
