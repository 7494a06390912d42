import {
  type Compilable,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlIntrospector,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { TypedValue, plainValue } from '../../shared/data/bound.ts';
import type { Database, Schema } from '../../shared/data/index.ts';
import { TypedQueryCompiler } from '../../shared/data/mssql/query-compiler.ts';
import { declarationOf } from '../../shared/data/sql-type.ts';

export interface CompiledSql {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** On SQL Server each parameter is bound with a type; `null` stands for one that has none. */
export interface TypedSql extends CompiledSql {
  readonly types: readonly (string | null)[];
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
      createQueryCompiler: () => new TypedQueryCompiler(),
    },
  }).withSchema('mcms'),
};

/** The text and parameters a query has on each engine. */
export function compileBoth(build: (source: Pick<Database, 'read' | 'dialect'>) => Compilable): {
  readonly sqlite: CompiledSql;
  readonly mssql: TypedSql;
} {
  const compiled = (source: Pick<Database, 'read' | 'dialect'>): TypedSql => {
    const { sql, parameters } = build(source).compile();
    return { sql, parameters: parameters.map(plainValue), types: parameters.map(typeName) };
  };
  const { sql, parameters } = compiled(sqlite);
  return { sqlite: { sql, parameters }, mssql: compiled(mssql) };
}

function typeName(parameter: unknown): string | null {
  return parameter instanceof TypedValue ? declarationOf(parameter.type) : null;
}
