import type { MssqlDialectConfig } from 'kysely';
import * as Tarn from 'tarn';
import * as Tedious from 'tedious';
import { createLogger } from '../../telemetry/logger.ts';
import type { MssqlSettings } from './connection-string.ts';
import { TypedRequest } from './request.ts';

const log = createLogger('sql');

/**
 * A connection whose loss is a line in the log: as an event without a listener it would end the process. A refused login carries the
 * server's error number, which the driver leaves out of it: some pass (40613, a database that is failing over), most do not.
 */
class LoggedConnection extends Tedious.Connection {
  #lastErrorNumber: unknown;

  override emit(event: string, ...rest: unknown[]): boolean {
    const [subject] = rest;
    if (event === 'error') {
      log.warn('a connection to the database was lost', { error: subject });
      return true;
    }
    if (event === 'errorMessage') this.#lastErrorNumber = Reflect.get(subject as object, 'number');
    if (event === 'connect' && isLoginError(subject))
      Object.assign(subject, { number: this.#lastErrorNumber });
    return super.emit(event as 'end', ...(rest as []));
  }
}

function isLoginError(error: unknown): error is Error {
  return error instanceof Error && Reflect.get(error, 'code') === 'ELOGIN';
}

/**
 * What Kysely's SQL Server driver is made of: typed requests, and a pool that gives out a connection only while it is open and in no
 * transaction, which it knows without asking the server. Waiting for a free connection takes as long as connecting may.
 */
export function driverConfig({ connection, pool }: MssqlSettings): MssqlDialectConfig {
  let latest: Tedious.Connection | undefined;
  const connectionFactory = (): Tedious.Connection => (latest = new LoggedConnection(connection));

  class CheckingPool<T> extends Tarn.Pool<T> {
    constructor(options: ConstructorParameters<typeof Tarn.Pool<T>>[0]) {
      const connections = new WeakMap<WeakKey, Tedious.Connection>();
      const create = options.create as () => Promise<T & WeakKey>;
      super({
        ...options,
        create: async () => {
          // The driver calls the factory before it first waits.
          const creating = create();
          const made = latest;
          const created = await creating;
          if (made) connections.set(created, made);
          return created;
        },
        validate: (resource) => isUsable(connections.get(resource as T & WeakKey)),
      });
    }
  }

  return {
    tarn: {
      ...Tarn,
      Pool: CheckingPool,
      options: {
        ...pool,
        acquireTimeoutMillis: connection.options?.connectTimeout ?? 15_000,
        // Else the pool connects again and again by itself until that time is over, refused logins too, and tells nobody why.
        propagateCreateError: true,
      },
    },
    tedious: { ...Tedious, Request: TypedRequest, connectionFactory },
    validateConnections: false,
  };
}

function isUsable(connection: Tedious.Connection | undefined): boolean {
  return connection !== undefined && !connection.closed && !connection.inTransaction;
}
