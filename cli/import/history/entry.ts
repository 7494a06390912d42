import type { BulkRow } from '../../../shared/data/index.ts';
import type { SourceRecord } from '../source/record.ts';

export type HistoryRow = BulkRow<'HistoryEntry'>;

/** An entry that may be written, and the record that it is made of. */
export interface Entry {
  readonly record: SourceRecord;
  readonly row: HistoryRow;
}
