import { annotate, createLogger } from '../../telemetry/index.ts';
import { type LongQuery, longQueries } from './report.ts';
import type { StatementRepository } from './repository.ts';

/** More than this in a minute is one trouble, not twenty. */
const MOST_WARNINGS = 20;
const log = createLogger('sql-upkeep');

/** Says which queries took long, each round what is new. What keeps it from seeing them is said once, until it has passed. */
export class StatementWatch {
  readonly #repository: StatementRepository;
  #trouble: string | undefined;

  constructor({ repository }: { readonly repository: StatementRepository }) {
    this.#repository = repository;
  }

  /** One round: a warning per query that took a second or waited long, naming it. Returns them. */
  async round(): Promise<readonly LongQuery[]> {
    const found = await this.#repository.read();
    if (!found) {
      this.#say('long statements are not watched: the app may not see the event session');
      return [];
    }
    this.#say(
      found.running
        ? undefined
        : 'long statements are not watched: the event session is stopped (an administrator runs mcms.StartStatementSession)',
    );
    if (found.incomplete) log.warn('the event session lost events before they were read');
    const queries = longQueries(found.events);
    for (const query of queries.slice(0, MOST_WARNINGS)) log.warn('a query took long', { ...query });
    if (queries.length > MOST_WARNINGS) {
      log.warn('more queries took long than are named', { unnamed: queries.length - MOST_WARNINGS });
    }
    annotate({
      'mcms.statements.long_queries': queries.length,
      'mcms.statements.events': found.events.length,
    });
    // After the report: a round that is cut short says it again rather than not at all.
    await this.#repository.accept();
    return queries;
  }

  #say(trouble: string | undefined): void {
    if (trouble !== undefined && trouble !== this.#trouble) log.warn(trouble);
    this.#trouble = trouble;
  }
}
