import type { Clock } from '../time/clock.ts';
import type { Database } from './database.ts';
import { firstRows } from './page.ts';

/** No commit is in doubt for longer than a connection may wait; a day leaves room for looking into one. */
const MARKER_AGE_MS = 24 * 3_600_000;

/** Removes markers of commits that have long been answered, at most `count`; returns how many. SQLite has none. */
export async function removeOldCommitMarkers(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  count: number,
): Promise<number> {
  if (database.dialect === 'sqlite') return 0;
  const old = database.read
    .selectFrom('CommitMarker')
    .select('seq')
    .where('committedAt', '<', new Date(clock.now().getTime() - MARKER_AGE_MS).toISOString())
    .orderBy('seq');
  const rows = await firstRows(old, count, database.dialect).execute();
  const last = rows.at(-1);
  if (!last) return 0;
  await database.transaction((trx) => trx.deleteFrom('CommitMarker').where('seq', '<=', last.seq).execute());
  return rows.length;
}
