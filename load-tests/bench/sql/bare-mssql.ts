import * as Tedious from 'tedious';
import { TypedRequest } from '../../../shared/data/mssql/request.ts';
import { resolveSettings } from '../../../shared/data/mssql/sign-in.ts';
import type { BareDriver } from './bare.ts';
import type { Statement } from './recording.ts';

type Parameter = Tedious.Request['parameters'][number];

interface Step {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly inTransaction: boolean;
}

/** `tedious`: the same requests with the same types of parameters, rows from its `row` events. */
export async function openBareMssql(connectionString: string): Promise<BareDriver> {
  const { connection: settings } = await resolveSettings(connectionString);
  const connection = new Tedious.Connection(settings);
  await called((done) => connection.connect(done));
  return {
    ready(statements) {
      const steps = statements.map(toStep);
      return async () => {
        let rows = 0;
        let open = false;
        for (const step of steps) {
          if (step.inTransaction !== open) await turn(connection, step.inTransaction);
          open = step.inTransaction;
          rows = (await execute(connection, step)).length;
        }
        if (open) await turn(connection, false);
        return rows;
      };
    },
    close: () => connection.close(),
  };
}

/** The parameters as the product binds them. */
function toStep({ sql, parameters, inTransaction }: Statement): Step {
  const request = new TypedRequest(sql, () => undefined);
  for (const [index, value] of parameters.entries())
    request.addParameter(String(index + 1), Tedious.TYPES.Int, value);
  return { sql, parameters: request.parameters, inTransaction };
}

function turn(connection: Tedious.Connection, begin: boolean): Promise<void> {
  return called((done) => (begin ? connection.beginTransaction(done) : connection.commitTransaction(done)));
}

function execute(connection: Tedious.Connection, { sql, parameters }: Step): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = [];
    const request = new Tedious.Request(sql, (error) => (error ? reject(error) : resolve(rows)));
    for (const { name, type, value, length, precision, scale } of parameters)
      request.addParameter(name, type, value, { length, precision, scale });
    request.on('row', (columns: readonly { metadata: { colName: string }; value: unknown }[]) => {
      const row: Record<string, unknown> = {};
      for (const { metadata, value } of columns) row[metadata.colName] = value;
      rows.push(row);
    });
    connection.execSql(request);
  });
}

function called(work: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => (error ? reject(error) : resolve()));
  });
}
