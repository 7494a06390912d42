import type { Database } from '../../../shared/data/index.ts';
import type { Batch } from '../batch.ts';
import { slices } from '../look-up.ts';
import type { Entry, HistoryRow } from './entry.ts';

const TAKEN = [{ path: 'historyId', message: 'is the id of another entry' }];

/**
 * The rows that are not there yet. One that is there with the same content counts as done; one whose id belongs to another entry is
 * rejected, whether that stands in the database or earlier in the batch.
 */
export async function dropKnownEntries(
  database: Database,
  batch: Batch,
  entries: readonly Entry[],
): Promise<HistoryRow[]> {
  const known = await readKnown(database, entries);
  const rows: HistoryRow[] = [];
  for (const { record, row } of entries) {
    const content = contentOf(row);
    const other = known.get(row.historyId);
    if (other === undefined) {
      known.set(row.historyId, content);
      rows.push(row);
      batch.written();
    } else if (other !== content) batch.reject([record], TAKEN);
  }
  return rows;
}

async function readKnown(database: Database, entries: readonly Entry[]): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const ids of slices(entries.map(({ row }) => row.historyId))) {
    const rows = await database.read
      .selectFrom('HistoryEntry')
      .selectAll()
      .where('historyId', 'in', ids)
      .execute();
    for (const { seq: _seq, ...row } of rows) known.set(row.historyId, contentOf(row));
  }
  return known;
}

function contentOf(row: HistoryRow): string {
  return JSON.stringify([
    row.itemCode,
    row.revisionCode,
    row.routingId,
    row.camRev,
    row.changeType,
    row.field,
    row.previousValue,
    row.currentValue,
    row.changedAt,
    row.changedBy,
    row.actorKind,
    row.comment,
    row.traceId,
  ]);
}
