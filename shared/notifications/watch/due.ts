import { type Database, type Queries, firstRows } from '../../data/index.ts';
import type { IncidentRow } from '../incident-rows.ts';

/** An incident that goes on is told of again at most this often: within the 15 min of. */
const FOLLOW_UP_MS = 10 * 60_000;
/** Of each kind of telling per round; the others follow in the next rounds, since what has been told of is due no more. */
const MOST_PER_ROUND = 100;

/** Incidents to tell of again in this round, those first that were told of longest ago. */
export function readDueFollowUps({ read, dialect }: Database, now: Date): Promise<IncidentRow[]> {
  const longestAgoFirst = dueFollowUps(read, now)
    .orderBy((eb) => eb.fn.coalesce('toldAt', 'openedAt'))
    .orderBy('seq');
  return firstRows(longestAgoFirst, MOST_PER_ROUND, dialect).execute();
}

/** The incident as it is by now, if it still is to be told of again. */
export function readDueFollowUp(
  queries: Queries,
  incidentId: string,
  now: Date,
): Promise<IncidentRow | undefined> {
  return dueFollowUps(queries, now).where('incidentId', '=', incidentId).executeTakeFirst();
}

/**
 * Open incidents of which there is more than the operators have been told, when they were told long enough ago and nothing is under way
 * to them; escalations do not count. One whose first message was given up is told of anew: nobody knows of it.
 */
function dueFollowUps(queries: Queries, now: Date) {
  const before = new Date(now.getTime() - FOLLOW_UP_MS).toISOString();
  return queries
    .selectFrom('Incident')
    .selectAll()
    .where('state', 'in', ['Open', 'Acknowledged'])
    .whereRef('occurrences', '>', 'toldOccurrences')
    .where((eb) =>
      eb.or([eb('toldAt', '<=', before), eb.and([eb('toldAt', 'is', null), eb('openedAt', '<=', before)])]),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('Notification')
            .select('Notification.seq')
            .whereRef('Notification.incidentId', '=', 'Incident.incidentId')
            .where('Notification.channel', '<>', 'sms')
            .where((telling) =>
              telling.or([
                telling('Notification.state', 'in', ['Pending', 'Sending']),
                telling('Notification.createdAt', '>', before),
              ]),
            ),
        ),
      ),
    );
}

/** Severe incidents that have stayed unacknowledged for `afterMs` and have not gone further yet, the oldest first. */
export function readDueEscalations(
  { read, dialect }: Database,
  afterMs: number,
  now: Date,
): Promise<IncidentRow[]> {
  const oldestFirst = read
    .selectFrom('Incident')
    .selectAll()
    .where('state', '=', 'Open')
    .where('severity', '=', 'high')
    .where('escalatedAt', 'is', null)
    .where('openedAt', '<=', new Date(now.getTime() - afterMs).toISOString())
    .orderBy('openedAt')
    .orderBy('seq');
  return firstRows(oldestFirst, MOST_PER_ROUND, dialect).execute();
}
