import type { CompiledQuery } from 'kysely';
import { type Database, type Queries, rebind } from '../../shared/data/index.ts';
import { rowBatches } from '../../shared/routings/row-batches.ts';
import { addItem } from './item.ts';
import type { ItemPlan } from './plan.ts';
import { SEEDED_TABLES, type SeedRows, type SeededTable, noRows } from './rows.ts';

const ROWS_PER_TRANSACTION = 20_000;

/** Children first. `Workstation` stays: agents of a running stack have announced themselves there. */
const EMPTIED_TABLES = [
  'HistoryEntry',
  'Outbox',
  'IdempotencyKey',
  'CamWorkItem',
  'CamCommandAttempt',
  'CamCommand',
  'UploadSession',
  'RoutingFile',
  'StoredFile',
  'RoutingStep',
  'CamRevision',
  'Routing',
  'ItemRevision',
  'Item',
] as const;

export type SeedReport = Readonly<Record<SeededTable, number>>;

export async function hasItems(database: Database): Promise<boolean> {
  return (await database.read.selectFrom('Item').select('seq').executeTakeFirst()) !== undefined;
}

export async function emptyDatabase(database: Database): Promise<void> {
  await database.transaction(async (trx) => {
    for (const table of EMPTIED_TABLES) await trx.deleteFrom(table).execute();
  });
}

export interface WriteOptions {
  /** The dates of the shop lie before this. */
  readonly now: Date;
  /** A transaction ends after the item that brings it past this; default 20,000. */
  readonly rowsPerTransaction?: number;
}

/** Fills the database as planned, in few transactions of many rows; reports how many rows each table got. */
export async function writeShop(
  database: Database,
  plans: Iterable<ItemPlan>,
  { now, rowsPerTransaction = ROWS_PER_TRANSACTION }: WriteOptions,
): Promise<SeedReport> {
  const report: Record<SeededTable, number> = Object.fromEntries(
    SEEDED_TABLES.map((table) => [table, 0]),
  ) as SeedReport;
  const flush = async (rows: SeedRows): Promise<void> => {
    rows.HistoryEntry.sort((a, b) => (a.changedAt < b.changedAt ? -1 : 1));
    await database.transaction((trx) => insertAll(trx, rows));
    for (const table of SEEDED_TABLES) report[table] += rows[table].length;
  };
  let rows = noRows();
  let index = 0;
  for (const plan of plans) {
    addItem(rows, plan, { index, now });
    index += 1;
    if (rows.HistoryEntry.length + rows.RoutingStep.length > rowsPerTransaction) {
      await flush(rows);
      rows = noRows();
    }
  }
  await flush(rows);
  return report;
}

/**
 * Inserts by one compiled statement per table and batch size, bound anew for each batch: building the query tree would cost more
 * than the insert.
 */
async function insertAll(trx: Queries, rows: SeedRows): Promise<void> {
  for (const table of SEEDED_TABLES) {
    const compiled = new Map<number, CompiledQuery>();
    for (const batch of rowBatches<object>(rows[table])) {
      // One table's rows go to that table: the union of tables is more than the types can follow.
      const query =
        compiled.get(batch.length) ??
        trx
          .insertInto(table)
          .values(batch as never)
          .compile();
      compiled.set(batch.length, query);
      await trx.executeQuery(
        rebind(
          query,
          batch.flatMap((row) => Object.values(row)),
        ),
      );
    }
  }
}
