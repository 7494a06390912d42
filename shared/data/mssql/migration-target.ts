import { CompiledQuery, sql } from 'kysely';
import type { MigrationTarget } from '../migration.ts';
import { openMssqlDatabase } from './database.ts';

/** Migrations on SQL Server; the journal is `dbo.McmsSchemaMigration`, because a migration makes the schema `mcms`. */
export function openMssqlMigrationTarget(connectionString: string): MigrationTarget {
  const database = openMssqlDatabase(connectionString);
  const journalTable = sql.raw('dbo.McmsSchemaMigration');
  return {
    async journal() {
      await sql`if object_id('dbo.McmsSchemaMigration') is null create table ${journalTable} (
        name nvarchar(200) not null primary key, checksum char(64) not null, appliedAt datetime2(3) not null)`.execute(
        database.read,
      );
      const { rows } = await sql<{
        name: string;
        checksum: string;
      }>`select name, checksum from ${journalTable} order by name`.execute(database.read);
      return new Map(rows.map((row) => [row.name, row.checksum]));
    },
    async apply(migration, appliedAt) {
      await database.transaction(async (trx) => {
        for (const batch of migration.batches) await trx.executeQuery(CompiledQuery.raw(batch));
        await sql`insert into ${journalTable} (name, checksum, appliedAt) values (${migration.name}, ${migration.checksum}, ${appliedAt})`.execute(
          trx,
        );
      });
    },
    close: () => database.close(),
  };
}
