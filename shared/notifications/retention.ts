import { type Database, firstRows } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';

/** How long a notification is kept after its last try, in milliseconds. Its row names a person's address. */
const NOTIFICATION_KEPT_MS = 90 * 24 * 3_600_000;

/**
 * Removes notifications that were sent or given up long ago, at most `count` of either; how many. Those of an incident that is not
 * solved stay, because what was told of it must not be told again.
 */
export async function removeOldNotifications(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  count: number,
): Promise<number> {
  const before = new Date(clock.now().getTime() - NOTIFICATION_KEPT_MS).toISOString();
  let removed = 0;
  for (const state of ['Sent', 'GivenUp'] as const) {
    const old = database.read
      .selectFrom('Notification')
      .leftJoin('Incident', 'Incident.incidentId', 'Notification.incidentId')
      .select('Notification.seq')
      .where('Notification.state', '=', state)
      .where('Notification.nextAt', '<', before)
      .where((eb) => eb.or([eb('Incident.state', 'is', null), eb('Incident.state', '=', 'Solved')]))
      .orderBy('Notification.nextAt')
      .orderBy('Notification.seq');
    const rows = await firstRows(old, count, database.dialect).execute();
    if (rows.length === 0) continue;
    const seqs = rows.map(({ seq }) => seq);
    await database.transaction((trx) => trx.deleteFrom('Notification').where('seq', 'in', seqs).execute());
    removed += rows.length;
  }
  return removed;
}
