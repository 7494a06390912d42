import { sql } from 'kysely';
import { type Database, typed } from '../../data/index.ts';
import { bit } from '../../data/sql-type.ts';
import { readCapabilities } from '../capabilities.ts';
import type { HistoryTable, RowGroup } from './decide.ts';

/** The columnstores of history, through the owner's procedures of infra/sql/mssql/0013. */
export interface ColumnstoreRepository {
  capabilities(): Promise<ReadonlySet<string>>;
  rowGroups(): Promise<readonly RowGroup[]>;
  /** Online; what is done stays done when it is cut short. */
  reorganize(table: HistoryTable, options: { readonly compressAll: boolean }): Promise<void>;
  /** Online, all or nothing. */
  rebuild(table: HistoryTable): Promise<void>;
}

/** @param openPatient a database whose statements may take minutes; opened for one statement and closed again */
export function createColumnstoreRepository(
  database: Database,
  openPatient: () => Promise<Database>,
): ColumnstoreRepository {
  const patiently = async (statement: (patient: Database) => Promise<unknown>): Promise<void> => {
    const patient = await openPatient();
    try {
      await statement(patient);
    } finally {
      await patient.close();
    }
  };
  return {
    capabilities: () => readCapabilities(database),
    async rowGroups() {
      const { rows } = await sql<RowGroupRow>`exec mcms.ListHistoryRowGroups`.execute(database.read);
      return rows.map(toRowGroup);
    },
    reorganize: (table, { compressAll }) =>
      patiently(({ read }) =>
        sql`exec mcms.ReorganizeHistory @archive = ${isArchive(table)}, @compressAll = ${typed(bit, Number(compressAll))}`.execute(
          read,
        ),
      ),
    rebuild: (table) =>
      patiently(({ read }) =>
        sql`exec mcms.RebuildHistory @archive = ${isArchive(table)}, @online = ${typed(bit, 1)}`.execute(
          read,
        ),
      ),
  };
}

function isArchive(table: HistoryTable) {
  return typed(bit, Number(table === 'HistoryArchive'));
}

/** `bigint` arrives as text. */
interface RowGroupRow {
  readonly tableName: HistoryTable;
  readonly rowGroupId: number;
  readonly state: RowGroup['state'];
  readonly totalRows: string | number | null;
  readonly deletedRows: string | number;
  readonly sizeBytes: number | null;
  readonly trimReason: string | null;
  readonly transition: string | null;
  readonly ageMinutes: number | null;
  readonly closedMinutes: number | null;
  readonly encoding: number | null;
  readonly firstChange: string | null;
  readonly lastChange: string | null;
  readonly onlineRebuild: number;
}

/** Encodings without a string dictionary, whose first and last data ids are in the order of the values. */
const ORDERED_ENCODINGS = new Set([1, 2, 4]);

export function toRowGroup(row: RowGroupRow): RowGroup {
  const { tableName, encoding, firstChange, lastChange, ...rest } = row;
  const ordered = encoding !== null && ORDERED_ENCODINGS.has(encoding);
  return {
    ...rest,
    table: tableName,
    totalRows: Number(row.totalRows ?? 0),
    deletedRows: Number(row.deletedRows),
    sizeBytes: Number(row.sizeBytes ?? 0),
    span:
      ordered && firstChange !== null && lastChange !== null
        ? { first: BigInt(firstChange), last: BigInt(lastChange) }
        : null,
    onlineRebuild: row.onlineRebuild !== 0,
  };
}
