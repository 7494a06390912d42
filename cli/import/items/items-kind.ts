import type { Database } from '../../../shared/data/index.ts';
import type { ImportKind } from '../batch.ts';
import type { ImportChange } from '../change.ts';
import { takeRecords } from '../take-records.ts';
import { ItemRows } from './item-rows.ts';
import { type KnownItem, readKnownItems } from './known-items.ts';
import { ITEM_COLUMNS, itemRecord } from './record.ts';

/** Few enough to be held, and to keep the transaction short. */
const BATCH_RECORDS = 5000;

export interface ItemsOptions {
  readonly database: Database;
  readonly change: ImportChange;
  /** Nothing is written: what earlier batches would have written is kept in memory instead. */
  readonly dryRun: boolean;
}

export function itemsKind({ database, change, dryRun }: ItemsOptions): ImportKind {
  const imagined = new Map<string, KnownItem>();
  return {
    name: 'items',
    columns: ITEM_COLUMNS,
    async prepare(batch) {
      const parsed = await takeRecords(batch, itemRecord, BATCH_RECORDS);
      const codes = new Set(parsed.map(({ value }) => value.itemCode));
      const known = await readKnownItems(
        database,
        [...codes].filter((code) => !imagined.has(code)),
      );
      for (const code of codes) {
        const item = imagined.get(code);
        if (item) known.set(code, item);
      }
      const rows = new ItemRows(known, change);
      for (const { record, value } of parsed) {
        const outcome = rows.add(record.number, value);
        if (outcome === 'added') batch.written();
        else if (outcome !== 'there') batch.reject([record], [outcome]);
      }
      if (dryRun) for (const [code, item] of known) imagined.set(code, item);
      return rows.prepared();
    },
  };
}
