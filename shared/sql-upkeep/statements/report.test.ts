import { describe, expect, it } from '@jest/globals';
import { type StatementEvent, longQueries } from './report.ts';

const STATEMENT: StatementEvent = {
  kind: 'statement',
  at: '2026-05-10T12:00:00.000Z',
  queryHash: '0x1A2B3C4D5E6F7081',
  queryText: 'select * from mcms.HistoryEntry where comment like @1',
  durationMs: 1800,
  cpuMs: 1700,
  logicalReads: 90_000,
  waitType: null,
};
const WAIT: StatementEvent = {
  ...STATEMENT,
  kind: 'wait',
  queryText: "exec sp_executesql N'select * …'",
  durationMs: 2600,
  cpuMs: null,
  logicalReads: null,
  waitType: 'HTBUILD',
};

describe('longQueries', () => {
  it('has nothing to say of a quiet minute', () => {
    expect(longQueries([])).toEqual([]);
  });

  it('says each query once, with its worst and its waits', () => {
    const slower = { ...STATEMENT, durationMs: 2400, cpuMs: 900, logicalReads: 200_000 };
    expect(longQueries([STATEMENT, slower, WAIT, { ...WAIT, durationMs: 700 }])).toEqual([
      {
        queryHash: '0x1A2B3C4D5E6F7081',
        queryText: 'select * from mcms.HistoryEntry where comment like @1',
        statements: 2,
        longestMs: 2600,
        mostCpuMs: 1700,
        mostLogicalReads: 200_000,
        waits: { HTBUILD: 2600 },
      },
    ]);
  });

  it('says of a query that only waited what it waited for', () => {
    expect(longQueries([{ ...WAIT, waitType: 'WAIT_XTP_TRAN_COMMIT' }])).toMatchObject([
      { statements: 0, longestMs: 2600, waits: { WAIT_XTP_TRAN_COMMIT: 2600 }, queryText: WAIT.queryText },
    ]);
  });

  it('tells queries without a hash apart by their text, longest first', () => {
    const none = { ...STATEMENT, queryHash: '0x0000000000000000' };
    const other = { ...none, queryHash: null, queryText: 'waitfor delay @1', durationMs: 5000 };
    expect(
      longQueries([none, other, none]).map(({ queryHash, longestMs, statements }) => [
        queryHash,
        longestMs,
        statements,
      ]),
    ).toEqual([
      [null, 5000, 1],
      [null, 1800, 2],
    ]);
  });

  it.each([
    'ALTER INDEX CCI_HistoryEntry ON mcms.HistoryEntry REORGANIZE',
    'CREATE CLUSTERED COLUMNSTORE INDEX CCI_HistoryEntry ON mcms.HistoryEntry ORDER (changedAt)',
    'exec mcms.RebuildHistory @archive = @1, @online = @2',
    'UPDATE STATISTICS mcms.Routing',
  ])('leaves out upkeep: %s', (queryText) => {
    expect(longQueries([{ ...STATEMENT, queryText }])).toEqual([]);
  });
});
