import { CompiledQuery, sql } from 'kysely';
import { typed } from '../bound.ts';
import type { MigrationTarget } from '../migration.ts';
import { char, nvarchar, time } from '../sql-type.ts';
import { openPool } from './database.ts';
import { resolveSettings } from './sign-in.ts';

/** Migrations on SQL Server; the journal is `dbo.McmsSchemaMigration`, because a migration makes the schema `mcms`. */
export async function openMssqlMigrationTarget(connectionString: string): Promise<MigrationTarget> {
  const pool = openPool(await resolveSettings(connectionString));
  const { write } = pool;
  const journalTable = sql.raw('dbo.McmsSchemaMigration');
  return {
    async journal() {
      await sql`if object_id('dbo.McmsSchemaMigration') is null create table ${journalTable} (
        name nvarchar(200) not null primary key, checksum char(64) not null, appliedAt datetime2(3) not null)`.execute(
        write,
      );
      const { rows } = await sql<{
        name: string;
        checksum: string;
      }>`select name, checksum from ${journalTable} order by name`.execute(write);
      return new Map(rows.map((row) => [row.name, row.checksum]));
    },
    async apply(migration, appliedAt) {
      await write.transaction().execute(async (trx) => {
        for (const batch of migration.batches) await trx.executeQuery(CompiledQuery.raw(batch));
        await sql`insert into ${journalTable} (name, checksum, appliedAt)
          values (${typed(nvarchar(200), migration.name)}, ${typed(char(64), migration.checksum)}, ${typed(time, appliedAt)})`.execute(
          trx,
        );
      });
    },
    close: () => pool.close(),
  };
}
