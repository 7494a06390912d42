import { sql } from 'kysely';
import { openTestDatabase } from './database.ts';

/** Does the work while a table of schema `mcms` is not to be found. For other tests of this database it is there again, rows and all. */
export async function withoutTable(
  connection: string,
  table: string,
  work: () => Promise<void>,
): Promise<void> {
  const database = await openTestDatabase(connection);
  const rename = (from: string, to: string) =>
    database.transaction((trx) =>
      database.dialect === 'mssql'
        ? sql`exec sp_rename ${sql.lit(`mcms.${from}`)}, ${sql.lit(to)}, 'OBJECT'`.execute(trx)
        : sql`alter table ${sql.table(from)} rename to ${sql.table(to)}`.execute(trx),
    );
  const away = `${table}Away`;
  await rename(table, away);
  try {
    await work();
  } finally {
    await rename(away, table);
  }
}
