import { describe, expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { camRevisionCountQuery, historyPage, historyPageQuery } from './repository.ts';

describe('history as SQL', () => {
  it('pages newest first, every filter bound', () => {
    const filter = {
      itemCode: 'I',
      revisionCode: 'A',
      routingId: 'id',
      camRevFrom: 2,
      camRevTo: 5,
      changeType: 'StepChanged',
      field: 'name',
      changedBy: 'engineer',
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-02-01T00:00:00.000Z',
    };
    const { sqlite, mssql } = compileBoth((source) =>
      historyPageQuery(source, { filter, count: 11, after: { seq: 3, value: '2026-01-09T00:00:00.000Z' } }),
    );
    expect(sqlite.sql).toBe(
      'select * from "HistoryEntry" where "itemCode" = ? and "revisionCode" = ? and "routingId" = ? and "changeType" = ? and "field" = ? and "changedBy" = ? ' +
        'and "camRev" >= ? and "camRev" <= ? and "changedAt" >= ? and "changedAt" < ? ' +
        'and "changedAt" <= ? and ("changedAt" < ? or "seq" < ?) order by "changedAt" desc, "seq" desc limit ?',
    );
    expect(mssql.sql).toBe(
      'select top(11) * from "mcms"."HistoryEntry" where "itemCode" = @1 and "revisionCode" = @2 and "routingId" = @3 and "changeType" = @4 and "field" = @5 and "changedBy" = @6 ' +
        'and "camRev" >= @7 and "camRev" <= @8 and "changedAt" >= @9 and "changedAt" < @10 ' +
        'and "changedAt" <= @11 and ("changedAt" < @12 or "seq" < @13) order by "changedAt" desc, "seq" desc',
    );
    expect(mssql.types).toEqual([
      'nvarchar(64)',
      'nvarchar(16)',
      'uniqueidentifier',
      'nvarchar(40)',
      'nvarchar(100)',
      'nvarchar(200)',
      'int',
      'int',
      'datetime2(3)',
      'datetime2(3)',
      'datetime2(3)',
      'datetime2(3)',
      'bigint',
    ]);
  });

  it('counts per CAM revision and person', () => {
    const { sqlite, mssql } = compileBoth((source) => camRevisionCountQuery(source, { routingId: 'id' }));
    const text = (schema: string): string =>
      'select "itemCode", "revisionCode", "routingId", "camRev", "changedBy", count(*) as "entries", min("changedAt") as "firstChangedAt", max("changedAt") as "lastChangedAt" ' +
      `from ${schema}"HistoryEntry" where "routingId" = ? and "camRev" is not null and "routingId" is not null ` +
      'group by "itemCode", "revisionCode", "routingId", "camRev", "changedBy" order by "routingId", "camRev", min("changedAt")';
    expect(sqlite.sql).toBe(text(''));
    expect(mssql.sql).toBe(text('"mcms".').replace('?', '@1'));
  });

  it('binds other values to a page that was built before', () => {
    const filterOf = (run: string) => ({
      itemCode: `item ${run}`,
      revisionCode: `revision ${run}`,
      routingId: `routing ${run}`,
      camRevFrom: 2 + run.length,
      camRevTo: 50 + run.length,
      changeType: `type ${run}`,
      field: `field ${run}`,
      changedBy: `person ${run}`,
      from: `2026-01-0${run.length}T00:00:00.000Z`,
      to: `2026-02-0${run.length}T00:00:00.000Z`,
    });
    const request = (run: string) => ({
      filter: filterOf(run),
      count: 11,
      after: { seq: 3 + run.length, value: `2026-01-1${run.length}T00:00:00.000Z` },
    });
    compileBoth((source) => ({ compile: () => historyPage(source, request('a')) }));
    expect(compileBoth((source) => ({ compile: () => historyPage(source, request('bb')) }))).toEqual(
      compileBoth((source) => historyPageQuery(source, request('bb'))),
    );
    compileBoth((source) => {
      const [first, second] = [historyPage(source, request('a')), historyPage(source, request('bb'))];
      expect(second.query).toBe(first.query);
      return { compile: () => second };
    });
  });
});
