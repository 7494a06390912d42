import { describe, expect, it } from '@jest/globals';
import { compileBoth } from '../../tests/support/compiled-sql.ts';
import { type RoutingPageRequest, routingCountQuery, routingPage, routingPageQuery } from './list-query.ts';
import { lastCommandQuery } from './last-command.ts';
import type { Viewer } from './viewer.ts';

const plain: RoutingPageRequest = { filter: {}, order: 'createdAt', descending: false, count: 3 };

function columns(table: string): string {
  return [
    'seq',
    'routingId',
    'itemCode',
    'revisionCode',
    'routingCode',
    'name',
    'machine',
    'owner',
    'status',
    'camRev',
    'releasedCamRev',
    'isMain',
    'changedAt',
    'changedBy',
    'version',
  ]
    .map((name) => {
      const alias = ['name', 'machine', 'status', 'changedAt', 'changedBy'].includes(name);
      if (name === 'camRev') return `${table}"Routing"."workingCamRev" as "camRev"`;
      return `${table}"Routing"."${name}"${alias ? ` as "${name}"` : ''}`;
    })
    .join(', ');
}

describe('the routing list as SQL', () => {
  it('reads the rows of an item revision through its index, one more than the page', () => {
    const filter = { itemCode: 'DEMO-500', revisionCode: 'A' };
    const { sqlite, mssql } = compileBoth((source) =>
      routingPageQuery(source, 'working', { ...plain, filter, count: 501 }),
    );
    expect(sqlite.sql).toBe(
      `select ${columns('')} from "Routing" where "Routing"."itemCode" = ? and "Routing"."revisionCode" = ? order by "Routing"."seq" asc limit ?`,
    );
    expect(sqlite.parameters).toEqual(['DEMO-500', 'A', 501]);
    expect(mssql.sql).toBe(
      `select top(501) ${columns('"mcms".')} from "mcms"."Routing" where "mcms"."Routing"."itemCode" = @1 and "mcms"."Routing"."revisionCode" = @2 order by "mcms"."Routing"."seq" asc`,
    );
    expect(mssql.parameters).toEqual(['DEMO-500', 'A']);
  });

  it('goes on after a position by value and seq', () => {
    const { sqlite, mssql } = compileBoth((source) =>
      routingPageQuery(source, 'working', {
        ...plain,
        order: 'changedAt',
        descending: true,
        after: { seq: 7, value: '2026-01-31T08:00:00.000Z' },
      }),
    );
    expect(sqlite.sql).toContain(
      'where "Routing"."changedAt" <= ? and ("Routing"."changedAt" < ? or "Routing"."seq" < ?) order by "Routing"."changedAt" desc, "Routing"."seq" desc limit ?',
    );
    expect(mssql.sql).toContain(
      'where "mcms"."Routing"."changedAt" <= @1 and ("mcms"."Routing"."changedAt" < @2 or "mcms"."Routing"."seq" < @3) order by "mcms"."Routing"."changedAt" desc, "mcms"."Routing"."seq" desc',
    );
    expect(mssql.parameters).toEqual(['2026-01-31T08:00:00.000Z', '2026-01-31T08:00:00.000Z', 7]);
  });

  it('binds every filter and takes the wildcards of a search literally', () => {
    const filter = {
      status: 'Draft',
      machine: 'Hermle C 42 U',
      owner: 'engineer',
      changedSince: '2026-01-01T00:00:00.000Z',
      q: '50%_[a]',
    };
    const { mssql } = compileBoth((source) => routingCountQuery(source, 'working', filter));
    expect(mssql.sql).toBe(
      'select count(*) as "count" from "mcms"."Routing" where "mcms"."Routing"."owner" = @1 and "mcms"."Routing"."machine" = @2 and "mcms"."Routing"."status" = @3 and "mcms"."Routing"."changedAt" >= @4 and ' +
        `(charindex(lower(@5 collate Latin1_General_100_BIN2), lower("mcms"."Routing"."itemCode")) > 0 or charindex(lower(@6 collate Latin1_General_100_BIN2), lower("mcms"."Routing"."routingCode")) > 0 or charindex(lower(@7 collate Latin1_General_100_BIN2), lower("mcms"."Routing"."name")) > 0)`,
    );
    expect(mssql.parameters.slice(4)).toEqual(Array(3).fill('50%_[a]'));
  });

  it('shows the floor the released CAM revision, and filters by what it shows', () => {
    const { sqlite, mssql } = compileBoth((source) =>
      routingPageQuery(source, 'floor', { ...plain, filter: { machine: 'Okuma' }, order: 'name' }),
    );
    expect(sqlite.sql).toContain(
      'from "Routing" inner join "CamRevision" on "CamRevision"."routingId" = "Routing"."routingId" and "CamRevision"."camRev" = "Routing"."releasedCamRev" where "CamRevision"."machine" = ? order by "CamRevision"."name" asc',
    );
    expect(mssql.sql).toContain(
      'inner join "mcms"."CamRevision" on "mcms"."CamRevision"."routingId" = "mcms"."Routing"."routingId"',
    );
    expect(mssql.sql).toContain('"mcms"."CamRevision"."releasedAt" as "changedAt"');
  });

  it('finds the last command by its index', () => {
    const { mssql } = compileBoth((source) => lastCommandQuery(source, 'id'));
    expect(mssql.sql).toBe(
      'select top(1) * from "mcms"."CamCommand" where "routingId" = @1 order by "seq" desc',
    );
  });

  it.each<[Viewer['view'], RoutingPageRequest['order']]>([
    ['working', 'createdAt'],
    ['working', 'name'],
    ['floor', 'createdAt'],
    ['floor', 'changedAt'],
  ])('binds other values to a page that was built before: %s by %s', (view, order) => {
    const request = (run: string): RoutingPageRequest => ({
      filter: {
        itemCode: `item ${run}`,
        revisionCode: `revision ${run}`,
        status: `status ${run}`,
        machine: `machine ${run}`,
        owner: `owner ${run}`,
        q: `100% ${run}`,
        changedSince: `2026-01-0${run.length}T00:00:00.000Z`,
      },
      order,
      descending: true,
      count: 3,
      after: { seq: run.length, value: `2026-02-0${run.length}T00:00:00.000Z` },
    });
    const page = (source: Parameters<typeof routingPage>[0], run: string) =>
      routingPage(source, { ...request(run), view });
    compileBoth((source) => {
      const [first, second] = [page(source, 'a'), page(source, 'bb')];
      expect(second.query).toBe(first.query);
      return { compile: () => second };
    });
    expect(compileBoth((source) => ({ compile: () => page(source, 'bb') }))).toEqual(
      compileBoth((source) => routingPageQuery(source, view, request('bb'))),
    );
  });
});
