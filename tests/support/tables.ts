import { DatabaseSync } from 'node:sqlite';
import type { Database, Schema } from '../../shared/data/index.ts';

/** All rows of a table, oldest first, from the database itself: no area of the product is asked. */
export type ReadTable = <Row>(table: keyof Schema) => Promise<Row[]>;

export function tablesOfFile(path: string): ReadTable {
  return async <Row>(table: string) => {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
    try {
      return database.prepare(`select * from ${table} order by seq`).all() as unknown as Row[];
    } finally {
      database.close();
    }
  };
}

/** Rows in the form that the schema promises. */
export function tablesOf({ read }: Database): ReadTable {
  return async <Row>(table: keyof Schema) =>
    (await read
      .selectFrom(table as 'Item')
      .selectAll()
      .orderBy('seq')
      .execute()) as unknown as Row[];
}
