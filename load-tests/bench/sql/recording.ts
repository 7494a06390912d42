import type { CompiledQuery, KyselyPlugin } from 'kysely';
import type { Database, Queries } from '../../../shared/data/index.ts';

/** A statement of the product: its own text, and its parameters with their types. */
export interface Statement extends Pick<CompiledQuery, 'sql' | 'parameters'> {
  readonly inTransaction: boolean;
}

/**
 * What `use` sends to the database, in order. It runs once for this; what it writes is rolled back, so that the same may be done again.
 */
export async function recordStatements(
  database: Database,
  use: (database: Database) => Promise<unknown>,
): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  const noting = (queries: Queries, inTransaction: boolean): Queries =>
    noted(queries, ({ sql, parameters }) => statements.push({ sql, parameters, inTransaction }));
  await use({
    ...database,
    read: noting(database.read, false),
    readReplica: (work) => database.readReplica((queries) => work(noting(queries, false))),
    transaction: (work) => rolledBack(database, (trx) => work(noting(trx, true))),
  });
  if (statements.length === 0)
    throw new Error('nothing was sent to the database: there is nothing to compare');
  return statements;
}

/** Not an error to anybody: it carries the value out of a transaction that is to leave nothing. */
class Undone<T> extends Error {
  readonly value: T;

  constructor(value: T) {
    super('rolled back as intended');
    this.value = value;
  }
}

async function rolledBack<T>(database: Database, work: (trx: Queries) => Promise<T>): Promise<T> {
  try {
    return await database.transaction(async (trx) => {
      throw new Undone(await work(trx));
    });
  } catch (error) {
    if (error instanceof Undone) return error.value as T;
    throw error;
  }
}

/** Notes what is executed, as it goes to the driver: what is only compiled, or bound anew afterwards, would mislead. */
function noted(queries: Queries, note: (query: CompiledQuery) => void): Queries {
  // A plugin gives an executor that is ours alone.
  const own = queries.withPlugin(NO_CHANGE);
  const executor = own.getExecutor();
  const execute = executor.executeQuery.bind(executor);
  executor.executeQuery = (query, ...rest) => {
    note(query);
    return execute(query, ...rest);
  };
  return own;
}

const NO_CHANGE: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: ({ result }) => Promise.resolve(result),
};
