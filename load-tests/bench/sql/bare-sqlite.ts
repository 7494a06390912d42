import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { plainValue } from '../../../shared/data/bound.ts';
import type { BareDriver } from './bare.ts';

/** `node:sqlite`: statements prepared once, rows by `all()`; the settings of the file are those of the product. */
export function openBareSqlite(path: string): BareDriver {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL');
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  return {
    ready(statements) {
      const steps = statements.map(({ sql, parameters, inTransaction }) => ({
        statement: prepare(sql),
        values: parameters.map((value) => plainValue(value) as SQLInputValue),
        inTransaction,
      }));
      return async () => {
        let rows = 0;
        let open = false;
        for (const { statement, values, inTransaction } of steps) {
          if (inTransaction !== open) database.exec(inTransaction ? 'begin immediate' : 'commit');
          open = inTransaction;
          rows = statement.all(...values).length;
        }
        if (open) database.exec('commit');
        return rows;
      };
    },
    close: () => database.close(),
  };
}
