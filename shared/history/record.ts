import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import type { ActorKind, ChangeType } from './contracts.ts';

/** Who is answerable for a change, when it happened and in which trace. */
export interface Change {
  readonly by: string;
  readonly kind: ActorKind;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
  readonly comment?: string | undefined;
  readonly traceId?: string | undefined;
}

/** What the change was about. */
export interface HistoryFact {
  readonly itemCode: string;
  readonly revisionCode?: string | null;
  readonly routingId?: string | null;
  readonly camRev?: number | null;
  readonly changeType: ChangeType;
  readonly field?: string | null;
  readonly previousValue?: string | null;
  readonly currentValue?: string | null;
}

const MAX_VALUE_LENGTH = 2000;
/** SQL Server takes 2,100 parameters a statement, SQLite more; 14 columns a row. */
const ROWS_PER_INSERT = 100;

/** Appends history in the transaction of the change it describes. Values longer than a column end in an ellipsis. */
export async function recordHistory(
  trx: Queries,
  change: Change,
  facts: readonly HistoryFact[],
): Promise<void> {
  const rows = facts.map((fact) => ({
    historyId: randomUUID(),
    itemCode: fact.itemCode,
    revisionCode: fact.revisionCode ?? null,
    routingId: fact.routingId ?? null,
    camRev: fact.camRev ?? null,
    changeType: fact.changeType,
    field: fact.field ?? null,
    previousValue: shorten(fact.previousValue),
    currentValue: shorten(fact.currentValue),
    changedAt: change.at,
    changedBy: change.by,
    actorKind: change.kind,
    comment: change.comment ?? null,
    traceId: change.traceId ?? null,
  }));
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await trx
      .insertInto('HistoryEntry')
      .values(rows.slice(start, start + ROWS_PER_INSERT))
      .execute();
  }
}

function shorten(value: string | null | undefined): string | null {
  if (value === undefined || value === null) return null;
  return value.length <= MAX_VALUE_LENGTH ? value : `${value.slice(0, MAX_VALUE_LENGTH - 1)}…`;
}
