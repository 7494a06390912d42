import type { Benchmark, Measurement } from '../benchmark.ts';
import { compareWithDriver } from './compare.ts';
import { openMssqlEngine, openSqliteEngine } from './engines.ts';
import { measureHistory } from './history/history.ts';

const QUICK_ROWS = [100_000, 1_000_000] as const;
const FULL_ROWS = [1_000_000, 10_000_000] as const;

/** What our layer costs on top of the drivers, and whether a long history is read as fast as a short one. */
export const sql: Benchmark = {
  name: 'sql',
  summary: 'queries against the bare driver, a history of 1 and 10 million rows, its import',
  async run(say, { quick, rows = quick ? QUICK_ROWS : FULL_ROWS }) {
    const measurements: Measurement[] = [];
    {
      await using sqlite = await openSqliteEngine();
      measurements.push(...(await compareWithDriver(sqlite, say)));
    }
    const sqlServer = process.env['TEST_SQL_CONNECTION'];
    if (sqlServer === undefined) say('no SQL Server: TEST_SQL_CONNECTION is not set');
    else {
      await using mssql = await openMssqlEngine(sqlServer);
      measurements.push(...(await compareWithDriver(mssql, say)));
    }
    const [small, large] = rows;
    if (large > 0) measurements.push(...(await measureHistory({ small, large }, say)));
    return measurements;
  },
};
