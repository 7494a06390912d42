import { type RawBuilder, sql } from 'kysely';
import { type Database, type Queries, typed } from '../data/index.ts';
import { int, time } from '../data/sql-type.ts';
import type { Clock } from '../time/clock.ts';

/** Every column of an entry; HistoryArchive has one more, `archivedAt`. */
const COLUMNS = sql.raw(
  'seq, historyId, itemCode, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, changedAt, changedBy, actorKind, comment, traceId',
);

/**
 * Moves the oldest entries that are older than `afterMs` from HistoryEntry to HistoryArchive, at most `count` (4,000 on SQL Server at
 * best, see infra/sql/mssql/0015), and returns how many. One transaction: an entry is always in one of the two. May be cut short and
 * repeated at will.
 */
export async function archiveHistory(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): Promise<number> {
  const now = clock.now();
  const move = {
    before: new Date(now.getTime() - afterMs).toISOString(),
    archivedAt: now.toISOString(),
    count,
  };
  return database.transaction((trx) =>
    database.dialect === 'mssql' ? moveByProcedure(trx, move) : moveByStatements(trx, move),
  );
}

interface Move {
  readonly before: string;
  readonly archivedAt: string;
  readonly count: number;
}

/** The app may not delete history; the procedure's owner may. */
async function moveByProcedure(trx: Queries, move: Move): Promise<number> {
  const { rows } = await archiveCall(move).execute(trx);
  return rows[0]?.moved ?? 0;
}

export function archiveCall({ before, archivedAt, count }: Move): RawBuilder<{ readonly moved: number }> {
  return sql`exec mcms.ArchiveHistory @before = ${typed(time, before)}, @archivedAt = ${typed(time, archivedAt)}, @count = ${typed(int, count)}`;
}

async function moveByStatements(trx: Queries, { before, archivedAt, count }: Move): Promise<number> {
  const oldest = sql`select seq from HistoryEntry where changedAt < ${before} order by changedAt, seq limit ${count}`;
  await sql`insert into HistoryArchive (${COLUMNS}, archivedAt)
    select ${COLUMNS}, ${archivedAt} from HistoryEntry where seq in (${oldest})`.execute(trx);
  const { numAffectedRows } = await sql`delete from HistoryEntry where seq in (${oldest})`.execute(trx);
  return Number(numAffectedRows ?? 0);
}
