import {
  type RawBuilder,
  type ReferenceExpression,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import { bound } from './bound.ts';
import type { ColumnName } from './columns.ts';
import type { DialectName } from './database.ts';
import type { Schema } from './schema.ts';

/** The position after a row in an order by (`value`, `seq`). For an order by `seq` alone `value` is absent. */
export interface PageKey {
  readonly seq: number;
  readonly value?: string | number;
}

export interface PageOrder<DB, TB extends keyof DB> {
  readonly column?: ReferenceExpression<DB, TB> & string;
  readonly seqColumn: ReferenceExpression<DB, TB> & string;
  readonly descending: boolean;
}

/** The first `count` rows: `top` on SQL Server, `limit` on SQLite. */
export function firstRows<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  count: number,
  dialect: DialectName,
): SelectQueryBuilder<DB, TB, O> {
  return dialect === 'mssql' ? query.top(count) : query.limit(count);
}

/** A page out of rows that were read with one more: what it shows, and its last row when another page follows. */
export function cutPage<Row>(
  rows: readonly Row[],
  count: number,
): { readonly shown: Row[]; readonly last: Row | undefined } {
  const shown = rows.slice(0, count);
  return { shown, last: rows.length > count ? shown.at(-1) : undefined };
}

/** Orders by (`column`, `seq`) and starts after `key`: a page costs the same wherever it lies (never OFFSET). */
export function pageAfter<TB extends keyof Schema, O>(
  query: SelectQueryBuilder<Schema, TB, O>,
  order: PageOrder<Schema, TB>,
  key: PageKey | undefined,
): SelectQueryBuilder<Schema, TB, O> {
  const direction = order.descending ? 'desc' : 'asc';
  const [beyond, fromThere] = order.descending ? (['<', '<='] as const) : (['>', '>='] as const);
  const seq = sql.ref(order.seqColumn);
  let paged = query;
  if (order.column !== undefined) {
    const column = sql.ref(order.column);
    if (key) {
      const { value } = key;
      // The first half is what an index seek needs; the second sorts out the rows with the same value.
      paged = paged
        .where(column, fromThere, value)
        .where((eb) => eb.or([eb(column, beyond, value), eb(seq, beyond, key.seq)]));
    }
    paged = paged.orderBy(column, direction);
  } else if (key) {
    paged = paged.where(seq, beyond, key.seq);
  }
  return paged.orderBy(seq, direction);
}

/**
 * Whether `column` holds `text` in it, whatever the case of its Latin letters. By position and not by LIKE, whose escapes SQL Server,
 * SQLite and Babelfish do not share. `lower` goes by a text's collation: a parameter would have the database's, not the column's.
 */
export function contains(column: ColumnName, text: string, dialect: DialectName): RawBuilder<SqlBool> {
  const [whole, part] = [sql.ref(column), bound(column, text)];
  return dialect === 'mssql'
    ? sql<SqlBool>`charindex(lower(${part} collate Latin1_General_100_BIN2), lower(${whole})) > 0`
    : sql<SqlBool>`instr(lower(${whole}), lower(${part})) > 0`;
}
