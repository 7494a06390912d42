import { afterAll } from '@jest/globals';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase } from '../../shared/data/migrate.ts';
import { SQL_FOLDER } from '../support/database.ts';
import { describeImports } from '../support/import-suite.ts';

const SERVER = process.env['TEST_SQL_CONNECTION'];
const PREFIX = `mcms_import_${process.pid}`;

const open: Database[] = [];
const names: string[] = [];
afterAll(async () => {
  for (const database of open) await database.close();
  await onServer(async (server) => {
    for (const name of names) await sql`drop database ${sql.raw(name)}`.execute(server.read);
  });
});

describeImports('SQL Server', async () => {
  const name = `${PREFIX}_${names.length}`;
  await onServer((server) => sql`create database ${sql.raw(name)}`.execute(server.read));
  names.push(name);
  const connection = connectionTo(name);
  await migrateDatabase(connection, SQL_FOLDER, () => new Date());
  const database = await openDatabase(connection);
  open.push(database);
  return { database, connection };
});

async function onServer(work: (server: Database) => Promise<unknown>): Promise<void> {
  const server = await openDatabase(connectionTo('master'));
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

function connectionTo(database: string): string {
  if (!SERVER) throw new Error('TEST_SQL_CONNECTION names no SQL Server');
  const pairs = SERVER.split(';').filter((pair) => !/^\s*(database|initial catalog)\s*=/i.test(pair));
  return [...pairs, `Database=${database}`].join(';');
}
