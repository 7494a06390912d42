import { type Database, type PageKey, cutPage, firstRows, pageAfter } from '../data/index.ts';
import type { OperatorAction } from './contracts.ts';

export interface OperatorActionFilter {
  readonly commandId?: string | undefined;
  readonly action?: string | undefined;
  readonly by?: string | undefined;
  /** Inclusive. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
}

interface JournalDeps {
  readonly database: Database;
}

/** A page of the journal, newest first. */
export async function listActions(
  { database }: JournalDeps,
  filter: OperatorActionFilter,
  page: { readonly top: number; readonly after?: PageKey | undefined },
): Promise<{ readonly value: OperatorAction[]; readonly next: PageKey | undefined }> {
  let query = database.read.selectFrom('OperatorAction').selectAll();
  if (filter.commandId !== undefined) query = query.where('commandId', '=', filter.commandId);
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.by !== undefined) query = query.where('actedBy', '=', filter.by);
  if (filter.from) query = query.where('actedAt', '>=', filter.from.toISOString());
  if (filter.to) query = query.where('actedAt', '<', filter.to.toISOString());
  const ordered = pageAfter(query, { seqColumn: 'OperatorAction.seq', descending: true }, page.after);
  const rows = await firstRows(ordered, page.top + 1, database.dialect).execute();
  const { shown, last } = cutPage(rows, page.top);
  return {
    value: shown.map(toAction),
    next: last && { seq: last.seq },
  };
}

/** Bound of what one command's timeline shows of its journal. */
const MAX_ACTIONS_OF_COMMAND = 1000;

/** What was done to one command, oldest first; the newest thousand. */
export async function actionsOfCommand(deps: JournalDeps, commandId: string): Promise<OperatorAction[]> {
  const { value } = await listActions(deps, { commandId }, { top: MAX_ACTIONS_OF_COMMAND });
  return value.toReversed();
}

function toAction({ seq: _seq, ...row }: { seq: number } & Record<keyof OperatorAction, unknown>) {
  return row as OperatorAction;
}
