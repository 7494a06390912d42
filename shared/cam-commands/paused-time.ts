import type { Queries } from '../data/index.ts';
import type { Span } from '../time/spans.ts';

/** The pauses of an application, or of one of its command types, that were or are in force at some time of an interval. */
export async function pausesOverlapping(
  queries: Queries,
  of: { readonly application: string; readonly commandType: string },
  from: string,
  to: string,
): Promise<readonly Span[]> {
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
    until: endedAt !== null && (resumeAt === null || endedAt < resumeAt) ? endedAt : resumeAt,
  }));
}
