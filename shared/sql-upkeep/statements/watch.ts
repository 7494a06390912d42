import { annotate, createLogger } from '../../telemetry/index.ts';
import { type LongQuery, longQueries } from './report.ts';
import type { StatementRepository } from './repository.ts';

/** More than this in a minute is one trouble, not twenty. */
const MOST_WARNINGS = 20;
const log = createLogger('sql-upkeep');

/** One round: a warning per query that took a second or waited long, naming it. Returns them. */
export async function watchStatements(repository: StatementRepository): Promise<readonly LongQuery[]> {
  const found = await repository.read();
  if (!found) {
    log.warn('the app may not see the event session: long statements are not watched');
    return [];
  }
  if (!found.running) {
    log.warn('the event session does not run: an administrator starts it with mcms.StartStatementSession');
  }
  if (found.incomplete) log.warn('the event session lost events before they were read');
  const queries = longQueries(found.events);
  for (const query of queries.slice(0, MOST_WARNINGS)) log.warn('a query took long', { ...query });
  if (queries.length > MOST_WARNINGS) {
    log.warn('more queries took long than are named', { unnamed: queries.length - MOST_WARNINGS });
  }
  annotate({ 'mcms.statements.long_queries': queries.length, 'mcms.statements.events': found.events.length });
  // After the report: a round that is cut short says it again rather than not at all.
  await repository.accept();
  return queries;
}
