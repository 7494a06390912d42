import { Kysely, sql } from 'kysely';
import * as Tarn from 'tarn';
import * as Tedious from 'tedious';
import type { Database, Queries } from '../database.ts';
import { retryTransaction } from '../retry.ts';
import type { Schema } from '../schema.ts';
import { parseConnectionString } from './connection-string.ts';
import { NamingMssqlDialect } from './dialect.ts';
import { RowForm } from './row-form.ts';

/** Azure SQL or SQL Server through `tedious`; `connectionString` as `parseConnectionString` takes it. */
export function openMssqlDatabase(connectionString: string): Database {
  const configuration = parseConnectionString(connectionString);
  const kysely = new Kysely<Schema>({
    dialect: new NamingMssqlDialect({
      tarn: { ...Tarn, options: { min: 0, max: 20 } },
      tedious: { ...Tedious, connectionFactory: () => new Tedious.Connection(configuration) },
    }),
    plugins: [new RowForm()],
  }).withSchema('mcms');

  return {
    dialect: 'mssql',
    read: kysely,
    transaction: <T>(work: (trx: Queries) => Promise<T>) =>
      retryTransaction(() => kysely.transaction().execute((trx) => work(trx))),
    async check() {
      await sql`select 1 as one`.execute(kysely);
    },
    close: () => kysely.destroy(),
  };
}
