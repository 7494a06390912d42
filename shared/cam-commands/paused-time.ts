import type { Queries } from '../data/index.ts';

/** An interval in which commands were paused: ISO 8601 UTC, `to` null while nobody knows its end. */
export interface PausedInterval {
  readonly from: string;
  readonly to: string | null;
}

/** The pauses of an application, or of one of its command types, that were or are in force at some time of an interval. */
export async function pausesOverlapping(
  queries: Queries,
  of: { readonly application: string; readonly commandType: string },
  from: string,
  to: string,
): Promise<readonly PausedInterval[]> {
  const rows = await queries
    .selectFrom('CamPause')
    .select(['createdAt', 'resumeAt', 'endedAt'])
    .where('application', '=', of.application)
    .where((eb) => eb.or([eb('commandType', 'is', null), eb('commandType', '=', of.commandType)]))
    .where('createdAt', '<', to)
    .where((eb) => eb.or([eb('endedAt', 'is', null), eb('endedAt', '>', from)]))
    .where((eb) => eb.or([eb('resumeAt', 'is', null), eb('resumeAt', '>', from)]))
    .orderBy('createdAt')
    .execute();
  return rows.map(({ createdAt, resumeAt, endedAt }) => ({
    from: createdAt,
    to: endedAt !== null && (resumeAt === null || endedAt < resumeAt) ? endedAt : resumeAt,
  }));
}

/** How long, in milliseconds, at least one of the pauses was in force between two instants. */
export function pausedMsBetween(pauses: readonly PausedInterval[], from: Date, to: Date): number {
  let pausedMs = 0;
  let countedTo = from.getTime();
  for (const pause of pauses.toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from))) {
    const start = Math.max(Date.parse(pause.from), countedTo);
    const end = Math.min(pause.to === null ? Infinity : Date.parse(pause.to), to.getTime());
    if (end <= start) continue;
    pausedMs += end - start;
    countedTo = end;
  }
  return pausedMs;
}
