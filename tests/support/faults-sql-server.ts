import { type Database, openDatabase } from '../../shared/data/index.ts';
import { parseConnectionString } from '../../shared/data/mssql/connection-string.ts';
import { createSqlServerDatabase } from './sql-server.ts';
import { withSettings } from './sql-server-databases.ts';
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
  const { connection: directConnection } = await createSqlServerDatabase();

  const { connection } = parseConnectionString(directConnection);
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
    },
  };
}
