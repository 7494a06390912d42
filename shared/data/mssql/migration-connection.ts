import * as Tedious from 'tedious';
import type { SqlType } from '../sql-type.ts';
import { TypedValue } from '../bound.ts';
import { TypedRequest } from './request.ts';
import { settled } from './settled.ts';
import { resolveSettings } from './sign-in.ts';

/** Building an index over a long history takes its time. */
const REQUEST_TIMEOUT_MS = 4 * 3600_000;
/** What administrators find the run under, in `sys.dm_exec_sessions`. */
export const PROGRAM_NAME = 'mcms-migrate';

export type Row = Readonly<Record<string, unknown>>;
export type Parameters = Readonly<Record<string, readonly [SqlType, unknown]>>;

interface Column {
  readonly metadata: { readonly colName: string };
  readonly value: unknown;
}

export interface Answer {
  readonly rows: readonly Row[];
  readonly rowCount: number;
}

/** One connection to SQL Server with one session of its own, as an application lock and unpooled DDL want it. */
export class MigrationConnection {
  readonly #connection: Tedious.Connection;

  private constructor(connection: Tedious.Connection) {
    this.#connection = connection;
  }

  static async open(connectionString: string): Promise<MigrationConnection> {
    const { connection: settings } = await resolveSettings(connectionString);
    const connection = new Tedious.Connection({
      ...settings,
      options: { ...settings.options, appName: PROGRAM_NAME, requestTimeout: REQUEST_TIMEOUT_MS },
    });
    // Whatever runs then fails with the same error; without a listener it would end the process.
    connection.on('error', () => {});
    await settled((done) => connection.connect(done));
    return new MigrationConnection(connection);
  }

  /** A batch as it stands: what a migration file holds. */
  batch(sql: string): Promise<Answer> {
    return this.#send(sql, {}, (request) => this.#connection.execSqlBatch(request));
  }

  query(sql: string, parameters: Parameters = {}): Promise<Answer> {
    return this.#send(sql, parameters, (request) => this.#connection.execSql(request));
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await settled((done) => this.#connection.beginTransaction(done));
    let result: T;
    try {
      result = await work();
    } catch (error) {
      // The engine has rolled back already where XACT_ABORT made it, and a lost connection rolls back by itself.
      await settled((done) => this.#connection.rollbackTransaction(done)).catch(() => {});
      throw error;
    }
    await settled((done) => this.#connection.commitTransaction(done));
    return result;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#connection.closed) return resolve();
      this.#connection.once('end', () => resolve());
      this.#connection.close();
    });
  }

  #send(sql: string, parameters: Parameters, execute: (request: Tedious.Request) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const rows: Row[] = [];
      const request = new TypedRequest(sql, (error, rowCount) => {
        if (error) reject(error);
        else resolve({ rows, rowCount: rowCount ?? 0 });
      });
      request.on('row', (columns: readonly Column[]) => {
        rows.push(Object.fromEntries(columns.map(({ metadata, value }) => [metadata.colName, value])));
      });
      for (const [name, [type, value]] of Object.entries(parameters)) {
        request.addParameter(name, Tedious.TYPES.NVarChar, new TypedValue(type, value));
      }
      execute(request);
    });
  }
}
