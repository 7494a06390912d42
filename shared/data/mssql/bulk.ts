import { Connection } from 'tedious';
import { TypedValue } from '../bound.ts';
import type {
  BulkRows,
  BulkTable,
  BulkTransaction,
  BulkWriter,
  BulkWriterOptions,
  RowChange,
} from '../bulk.ts';
import { columnType } from '../columns.ts';
import { asDatabaseError } from '../errors.ts';
import { bulkColumns } from './bulk-columns.ts';
import { TypedRequest } from './request.ts';
import { settled } from './settled.ts';
import { resolveSettings } from './sign-in.ts';

/** From 102,400 rows on, a batch goes straight into a compressed rowgroup of a columnstore, past the deltastore. */
const BATCH_ROWS = 102_400;
/** Of one batch: what streams may take long, a dead connection is noticed by its keep-alive long before. */
const BATCH_TIMEOUT_MS = 600_000;

export async function openMssqlBulkWriter(
  connectionString: string,
  options: BulkWriterOptions,
): Promise<BulkWriter> {
  const connection = await connect(connectionString);
  const transaction = new MssqlBulkTransaction(connection, options);
  return {
    batchRows: BATCH_ROWS,
    streams: true,
    async transaction(work) {
      try {
        await settled((done) => connection.beginTransaction(done));
        const result = await work(transaction);
        await settled((done) => connection.commitTransaction(done));
        return result;
      } catch (error) {
        await rollBack(connection);
        throw asDatabaseError(error);
      }
    },
    close: async () => connection.close(),
  };
}

async function connect(connectionString: string): Promise<Connection> {
  const settings = await resolveSettings(connectionString);
  const connection = new Connection(settings.connection);
  // A connection that breaks between two statements says so here; the next statement fails by it.
  connection.on('error', () => undefined);
  try {
    await settled((done) => connection.connect(done));
    return connection;
  } catch (error) {
    throw asDatabaseError(error);
  }
}

/** Best effort: what failed is told by the error at hand, and a connection that died has rolled back. */
async function rollBack(connection: Connection): Promise<void> {
  try {
    await settled((done) => connection.rollbackTransaction(done));
  } catch {
    // The engine has rolled back by itself (XACT_ABORT, a lost connection).
  }
}

class MssqlBulkTransaction implements BulkTransaction {
  readonly #connection: Connection;
  readonly #options: BulkWriterOptions;

  constructor(connection: Connection, options: BulkWriterOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  insert<T extends BulkTable>(table: T, rows: BulkRows<T>): Promise<number> {
    return new Promise((resolve, reject) => {
      const load = this.#connection.newBulkLoad(
        `[mcms].[${table}]`,
        {
          keepNulls: true,
          // Otherwise foreign keys would count as not trusted from then on.
          checkConstraints: true,
          lockTable: table === 'HistoryEntry' && this.#options.lockHistory,
        },
        (error, rowCount) => (error ? reject(error) : resolve(rowCount ?? 0)),
      );
      load.setTimeout(BATCH_TIMEOUT_MS);
      for (const { name, type, options } of bulkColumns(table)) load.addColumn(name, type, options);
      this.#connection.execBulkLoad(load, rows);
    });
  }

  update<T extends BulkTable>(table: T, { set, where }: RowChange<T>): Promise<number> {
    return new Promise((resolve, reject) => {
      const assigned = Object.keys(set).map((column) => `[${column}] = @set_${column}`);
      const wanted = Object.keys(where).map((column) => `[${column}] = @key_${column}`);
      const request = new TypedRequest(
        `update [mcms].[${table}] set ${assigned.join(', ')} where ${wanted.join(' and ')}`,
        (error, rowCount) => (error ? reject(error) : resolve(rowCount ?? 0)),
      );
      bind(request, { table, prefix: 'set', values: set });
      bind(request, { table, prefix: 'key', values: where });
      this.#connection.execSql(request);
    });
  }
}

interface Values {
  readonly table: BulkTable;
  readonly prefix: string;
  readonly values: object;
}

function bind(request: TypedRequest, { table, prefix, values }: Values): void {
  for (const [column, value] of Object.entries(values)) {
    const type = columnType(table, column);
    if (!type) throw new TypeError(`${table} has no column ${column}`);
    request.addParameter(`${prefix}_${column}`, undefined as never, new TypedValue(type, value));
  }
}
