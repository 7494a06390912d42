import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { Queries } from '../../shared/data/index.ts';

/** What both engines' tables must agree on. Names are in lower case, and indexes have none: Babelfish keeps neither. */
export interface TableDescription {
  /** `name NOT NULL` or `name NULL`, in their order. */
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
  /** Columns of each unique key, as `a, b`. */
  readonly unique: readonly string[];
  /** Key columns of each other index, as `a, b DESC`; columns that are only included do not count. */
  readonly indexes: readonly string[];
}

export type SchemaDescription = Readonly<Record<string, TableDescription>>;

/** Tables that one engine alone has, and why. A test that compares two databases takes them off and expects no others. */
export const ONLY_ON_SQL_SERVER: Readonly<Record<string, string>> = {
  CommitMarker: 'tells whether a commit whose connection was lost stands; SQLite has no such connection',
  UpkeepState: 'how far the watch over long statements has read; SQLite has no such watch',
};

/** What a migrated SQLite file holds, but for the journal. */
export function describeSqliteSchema(path: string): SchemaDescription {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database
      .prepare(
        `SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'McmsSchemaMigration'`,
      )
      .all();
    return Object.fromEntries(
      tables.map(({ name }) => [String(name).toLowerCase(), sqliteTable(database, String(name))]),
    );
  } finally {
    database.close();
  }
}

function sqliteTable(database: DatabaseSync, table: string): TableDescription {
  const columns = database.prepare(`PRAGMA table_info(${table})`).all();
  const keyColumns = (index: unknown): string =>
    database
      .prepare(`PRAGMA index_xinfo(${String(index)})`)
      .all()
      .filter(({ key }) => key === 1)
      .map(({ name, desc }) => `${String(name)}${desc === 1 ? ' DESC' : ''}`)
      .join(', ');
  const indexes = database.prepare(`PRAGMA index_list(${table})`).all();
  const keysOf = (unique: number): string[] =>
    indexes.filter((index) => index['unique'] === unique).map(({ name }) => keyColumns(name).toLowerCase());
  return {
    columns: columns.map(({ name, notnull, pk }) => describeColumn(name, notnull === 1 || pk === 1)),
    primaryKey: columns.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name).toLowerCase()),
    unique: keysOf(1).sort(),
    indexes: keysOf(0)
      .map((key) => key.replaceAll(' desc', ' DESC'))
      .sort(),
  };
}

/** What schema `mcms` of a migrated SQL Server database holds. A columnstore counts as no index: it has no key. */
export async function describeMssqlSchema(read: Queries): Promise<SchemaDescription> {
  const { rows: columns } = await sql<{ tableName: string; name: string; nullable: number }>`
    select t.name as tableName, c.name as name, cast(c.is_nullable as int) as nullable
    from sys.tables t
    join sys.schemas s on s.schema_id = t.schema_id
    join sys.columns c on c.object_id = t.object_id
    where s.name = 'mcms' order by t.name, c.column_id`.execute(read);
  const { rows: keys } = await sql<{
    tableName: string;
    indexName: string;
    isPrimary: number;
    isUnique: number;
    descending: number;
    columnName: string;
  }>`select t.name as tableName, i.name as indexName, cast(i.is_primary_key as int) as isPrimary,
      cast(i.is_unique as int) as isUnique, cast(ic.is_descending_key as int) as descending, c.name as columnName
    from sys.tables t
    join sys.schemas s on s.schema_id = t.schema_id
    join sys.indexes i on i.object_id = t.object_id
    join sys.index_columns ic on ic.object_id = i.object_id and ic.index_id = i.index_id
    join sys.columns c on c.object_id = ic.object_id and c.column_id = ic.column_id
    where s.name = 'mcms' and i.type not in (5, 6) and ic.is_included_column = 0
    order by t.name, i.name, ic.key_ordinal`.execute(read);

  return Object.fromEntries(
    [...Map.groupBy(columns, ({ tableName }) => tableName.toLowerCase())].map(([table, own]) => {
      const indexes = [
        ...Map.groupBy(
          keys.filter(({ tableName }) => tableName.toLowerCase() === table),
          ({ indexName }) => indexName,
        ).values(),
      ];
      const described = (wanted: (first: (typeof keys)[number]) => boolean): string[] =>
        indexes
          .filter(([first]) => first && wanted(first))
          .map((index) =>
            index
              .map(({ columnName, descending }) => `${columnName.toLowerCase()}${descending ? ' DESC' : ''}`)
              .join(', '),
          )
          .sort();
      return [
        table,
        {
          columns: own.map(({ name, nullable }) => describeColumn(name, nullable === 0)),
          primaryKey: described(({ isPrimary }) => isPrimary === 1).flatMap((key) => key.split(', ')),
          unique: described(({ isPrimary, isUnique }) => isPrimary === 0 && isUnique === 1),
          indexes: described(({ isUnique }) => isUnique === 0),
        },
      ];
    }),
  );
}

/** The description without tables that only SQL Server is to have. */
export function withoutExceptions(description: SchemaDescription): SchemaDescription {
  const exceptions = new Set(Object.keys(ONLY_ON_SQL_SERVER).map((table) => table.toLowerCase()));
  return Object.fromEntries(Object.entries(description).filter(([table]) => !exceptions.has(table)));
}

function describeColumn(name: unknown, notNull: boolean): string {
  return `${String(name).toLowerCase()} ${notNull ? 'NOT NULL' : 'NULL'}`;
}
