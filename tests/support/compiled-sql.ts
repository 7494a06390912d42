import {
  type Compilable,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlIntrospector,
  MssqlQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Database, Schema } from '../../shared/data/index.ts';

export interface CompiledSql {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Where a query is built but never run. SQL Server's tables stand in schema `mcms`, as in the product. */
const sqlite: Pick<Database, 'read' | 'dialect'> = {
  dialect: 'sqlite',
  read: new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
};
const mssql: Pick<Database, 'read' | 'dialect'> = {
  dialect: 'mssql',
  read: new Kysely<Schema>({
    dialect: {
      createAdapter: () => new MssqlAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new MssqlIntrospector(db),
      createQueryCompiler: () => new MssqlQueryCompiler(),
    },
  }).withSchema('mcms'),
};

/** The text and parameters a query has on each engine. */
export function compileBoth(build: (source: Pick<Database, 'read' | 'dialect'>) => Compilable): {
  readonly sqlite: CompiledSql;
  readonly mssql: CompiledSql;
} {
  const compiled = (source: Pick<Database, 'read' | 'dialect'>): CompiledSql => {
    const { sql, parameters } = build(source).compile();
    return { sql, parameters };
  };
  return { sqlite: compiled(sqlite), mssql: compiled(mssql) };
}
