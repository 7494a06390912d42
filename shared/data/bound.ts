import { type CompiledQuery, type Expression, ExpressionWrapper, ValueNode } from 'kysely';
import type { ColumnName } from './columns.ts';
import { columnType } from './columns.ts';
import type { Schema } from './schema.ts';
import type { SqlType } from './sql-type.ts';

/** A value with the SQL Server type it is bound as. SQLite binds the value alone. */
export class TypedValue {
  readonly type: SqlType;
  readonly value: unknown;

  constructor(type: SqlType, value: unknown) {
    this.type = type;
    this.value = value;
  }
}

/** A parameter of a given SQL Server type, for raw SQL whose parameters belong to no column. */
export function typed<T>(type: SqlType, value: T): Expression<T> {
  return new ExpressionWrapper<Schema, never, T>(ValueNode.create(new TypedValue(type, value)));
}

/**
 * A parameter that is compared with, or written to, `column` in raw SQL. Queries built by Kysely need none of this: there the
 * column tells.
 */
export function bound<T>(column: ColumnName, value: T): Expression<T> {
  const [table = '', name = ''] = column.split('.');
  const type = columnType(table, name);
  if (!type) throw new TypeError(`there is no column ${column}`);
  return typed(type, value);
}

/** A compiled query with other values, each of the type that the value in its place had. */
export function rebind<R>(query: CompiledQuery<R>, values: readonly unknown[]): CompiledQuery<R> {
  const parameters = query.parameters.map((before, index) =>
    before instanceof TypedValue ? new TypedValue(before.type, values[index]) : values[index],
  );
  return { ...query, parameters };
}

/** The value without its type. */
export function plainValue(value: unknown): unknown {
  return value instanceof TypedValue ? value.value : value;
}
