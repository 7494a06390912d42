import type { Principal } from '../auth/index.ts';
import { type Database, type PageKey, cutPage, firstRows, pageAfter } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import { allowedActions } from './allowed-actions.ts';
import { requireCommand } from './attempts.ts';
import { type CommandFilter, whereCommand } from './command-filter.ts';
import { type CommandRow, type CommandView, toAttemptView, toCommandSummary } from './command-view.ts';
import { CamCommandError } from './errors.ts';
import { type WaitReasonDeps, waitReasons } from './wait-reasons.ts';

export interface CommandServiceDeps extends WaitReasonDeps {
  readonly database: Database;
  readonly clock: Clock;
}

interface CommandPage {
  readonly top: number;
  readonly after?: PageKey | undefined;
}

/** Commands, newest first. `viewer` is who `allowedActions` are for. */
export async function listCommands(
  deps: CommandServiceDeps,
  filter: CommandFilter,
  page: CommandPage & { readonly viewer?: Principal | undefined },
): Promise<{ readonly value: CommandView[]; readonly next: PageKey | undefined }> {
  const rows = await listQuery(deps.database, filter, page).execute();
  const { shown, last } = cutPage(rows, page.top);
  return {
    value: await withDetails(deps, shown, page.viewer),
    next: last && { seq: last.seq },
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
  deps: CommandServiceDeps,
  commandId: string,
  viewer?: Principal,
): Promise<CommandView> {
  const command = await requireCommand(deps.database.read, commandId);
  const [view] = await withDetails(deps, [command], viewer);
  if (!view) throw new CamCommandError('command-not-found');
  return view;
}

/** Adds attempts, files and what each waits for: a few queries, however many commands. */
async function withDetails(
  deps: CommandServiceDeps,
  commands: readonly CommandRow[],
  viewer: Principal | undefined,
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
    allowedActions: allowedActions(command, viewer),
    attempts: (attemptsOf.get(command.commandId) ?? []).map(toAttemptView),
    files: (filesOf.get(command.commandId) ?? []).map(({ commandId: _commandId, ...file }) => ({
      ...file,
      role: file.role as CommandView['files'][number]['role'],
    })),
  }));
}
