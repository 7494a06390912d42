import {
  type CompiledQuery,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryCompiler,
  SqliteQueryCompiler,
} from 'kysely';
import type { Database, Queries } from '../../../shared/data/index.ts';
import { TypedQueryCompiler } from '../../../shared/data/mssql/query-compiler.ts';

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
  const compiler: QueryCompiler =
    database.dialect === 'mssql' ? new TypedQueryCompiler() : new SqliteQueryCompiler();
  const noting = (queries: Queries, inTransaction: boolean): Queries =>
    queries.withPlugin(
      new Recorder(compiler, ({ sql, parameters }) => statements.push({ sql, parameters, inTransaction })),
    );
  await use({
    ...database,
    read: noting(database.read, false),
    readReplica: (work) => database.readReplica((queries) => work(noting(queries, false))),
    transaction: (work) => rolledBack(database, (trx) => work(noting(trx, true))),
  });
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

/** The last plugin: it sees what the product's own have made of a query. */
class Recorder implements KyselyPlugin {
  readonly #compiler: QueryCompiler;
  readonly #note: (query: CompiledQuery) => void;

  constructor(compiler: QueryCompiler, note: (query: CompiledQuery) => void) {
    this.#compiler = compiler;
    this.#note = note;
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): PluginTransformQueryArgs['node'] {
    this.#note(this.#compiler.compileQuery(node, queryId));
    return node;
  }

  transformResult({ result }: PluginTransformResultArgs): Promise<PluginTransformResultArgs['result']> {
    return Promise.resolve(result);
  }
}
