import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { parse } from '@tediousjs/connection-string';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase } from '../../shared/data/migrate.ts';
import { parseConnectionString } from '../../shared/data/mssql/connection-string.ts';
import { type TdsProxy, startTdsProxy } from './tds-proxy.ts';

/** A migrated, empty database on the server that TEST_SQL_CONNECTION names, and a proxy in front of it. */
export interface FaultyDatabase extends AsyncDisposable {
  readonly proxy: TdsProxy;
  /** Around the proxy, for looking at what is there. */
  readonly direct: Database;
  readonly directConnection: string;
  /** The connection string through `proxy`, or another one. */
  through(settings?: Readonly<Record<string, string>>, proxy?: TdsProxy): string;
  /** One more proxy in front of the same server. */
  startProxy(): Promise<TdsProxy>;
}

/** @throws without TEST_SQL_CONNECTION, and when the server does not answer */
export async function createFaultyDatabase(): Promise<FaultyDatabase> {
  const server = process.env['TEST_SQL_CONNECTION'];
  if (!server) throw new Error('TEST_SQL_CONNECTION must name a SQL Server on which databases may be made');
  const name = `mcms_faults_${randomUUID().slice(0, 8)}`;
  await onMaster(server, (master) => sql`create database ${sql.raw(name)}`.execute(master.read));
  const directConnection = withSettings(server, { database: name });
  try {
    await migrateDatabase(directConnection, resolve('infra/sql'), () => new Date());
  } catch (error) {
    await onMaster(server, (master) => drop(master, name));
    throw error;
  }

  const { connection } = parseConnectionString(server);
  const startProxy = () => startTdsProxy({ host: connection.server, port: connection.options?.port ?? 1433 });
  const direct = await openDatabase(directConnection);
  const proxies = [await startProxy()];
  const [first] = proxies;
  if (!first) throw new Error('there is no proxy');
  return {
    proxy: first,
    direct,
    directConnection,
    through: (settings = {}, proxy = first) =>
      withSettings(directConnection, { ...settings, server: `127.0.0.1,${proxy.port}`, encrypt: 'false' }),
    async startProxy() {
      const proxy = await startProxy();
      proxies.push(proxy);
      return proxy;
    },
    async [Symbol.asyncDispose]() {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      await direct.close();
      await onMaster(server, (master) => drop(master, name));
    },
  };
}

/** The same connection string with other values; keys in lower case, as `max pool size`. */
function withSettings(connection: string, settings: Readonly<Record<string, string>>): string {
  const pairs = new Map([...parse(connection)].map(([key, value]) => [key.toLowerCase(), value]));
  if ('database' in settings) pairs.delete('initial catalog');
  if ('server' in settings) pairs.delete('data source');
  for (const [key, value] of Object.entries(settings)) pairs.set(key, value);
  return [...pairs].map(([key, value]) => `${key}="${value.replaceAll('"', '""')}"`).join(';');
}

async function drop({ read }: Database, name: string): Promise<void> {
  const { rows } = await sql<{ version: string }>`select @@version as version`.execute(read);
  // Babelfish has no other user mode to set.
  if (!rows[0]?.version.includes('Babelfish'))
    await sql`alter database ${sql.raw(name)} set single_user with rollback immediate`.execute(read);
  await sql`drop database ${sql.raw(name)}`.execute(read);
}

async function onMaster<T>(server: string, work: (master: Database) => Promise<T>): Promise<T> {
  const master = await openDatabase(withSettings(server, { database: 'master' }));
  try {
    return await work(master);
  } finally {
    await master.close();
  }
}
