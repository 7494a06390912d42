import { describe, expect, it } from '@jest/globals';
import { type Compilable, sql } from 'kysely';
import { compileBoth } from '../../../tests/support/compiled-sql.ts';
import { type Queries, bound } from '../index.ts';

const ID = '00000000-0000-4000-8000-000000000001';

function typesOf(build: (read: Queries) => Compilable): readonly (string | null)[] {
  return compileBoth(({ read }) => build(read)).mssql.types;
}

describe('types of parameters on SQL Server', () => {
  it.each<[string, (read: Queries) => Compilable, (string | null)[]]>([
    [
      'comparisons',
      (read) =>
        read
          .selectFrom('HistoryEntry')
          .select('seq')
          .where('routingId', '=', ID)
          .where('changedAt', '>=', '2026-01-01T00:00:00.000Z')
          .where('itemCode', '=', 'A'),
      ['uniqueidentifier', 'datetime2(3)', 'nvarchar(64)'],
    ],
    [
      'lists',
      (read) => read.selectFrom('CamCommand').select('seq').where('status', 'in', ['Queued', 'Running']),
      ['nvarchar(24)', 'nvarchar(24)'],
    ],
    [
      'joins, by the table or alias that a column names',
      (read) =>
        read
          .selectFrom('Routing as r')
          .innerJoin('CamRevision', 'CamRevision.routingId', 'r.routingId')
          .select('r.seq')
          .where('r.owner', '=', 'o')
          .where('CamRevision.machine', '=', 'm'),
      ['nvarchar(200)', 'nvarchar(100)'],
    ],
    [
      'columns of the same name in an inner query',
      (read) =>
        read
          .selectFrom('IdempotencyKey')
          .select('seq')
          .where('status', '=', 200)
          .where('seq', 'in', (eb) => eb.selectFrom('Routing').select('seq').where('status', '=', 'Draft')),
      ['int', 'nvarchar(24)'],
    ],
    [
      'inserted rows, nulls and flags among them',
      (read) =>
        read.insertInto('StoredFile').values([
          { sha256: 'a'.repeat(64), sizeBytes: 5_000_000_000, storedAt: '2026-01-01T00:00:00.000Z' },
          { sha256: 'b'.repeat(64), sizeBytes: 1, storedAt: '2026-01-01T00:00:00.000Z' },
        ]),
      ['char(64)', 'bigint', 'datetime2(3)', 'char(64)', 'bigint', 'datetime2(3)'],
    ],
    [
      'rows with an expression among their values',
      (read) =>
        read.insertInto('CommitMarker').values({ markerId: ID, committedAt: sql<string>`sysutcdatetime()` }),
      ['uniqueidentifier'],
    ],
    [
      'updates',
      (read) =>
        read
          .updateTable('CamWorkItem')
          .set({ leaseUntil: '2026-01-01T00:00:00.000Z', cancelRequested: 1, claimId: null })
          .where('attemptId', '=', ID),
      ['datetime2(3)', 'bit', 'uniqueidentifier', 'uniqueidentifier'],
    ],
    [
      'cases and functions in an update',
      (read) =>
        read
          .updateTable('CamCommand')
          .set((eb) => ({
            status: eb.case().when('status', '=', 'Dispatched').then('Running').else(eb.ref('status')).end(),
            startedAt: eb.fn.coalesce('startedAt', eb.val('2026-01-01T00:00:00.000Z')),
          }))
          .where('commandId', '=', ID),
      ['nvarchar(24)', 'nvarchar(24)', 'datetime2(3)', 'uniqueidentifier'],
    ],
    [
      'columns that only a reference in raw SQL names',
      (read) => read.selectFrom('Routing').select('seq').where(sql.ref('Routing.name'), '=', 'n'),
      ['nvarchar(200)'],
    ],
    [
      'raw SQL, as it says',
      (read) =>
        read
          .selectFrom('Item')
          .select('seq')
          .where(sql<boolean>`lower(name) = ${bound('Item.name', 'x')}`),
      ['nvarchar(200)'],
    ],
  ])('come from the column: %s', (_where, build, types) => {
    expect(typesOf(build)).toEqual(types);
  });

  it('leave the value as it is for SQLite', () => {
    const { sqlite } = compileBoth(({ read }) =>
      read.selectFrom('Item').select('seq').where('name', '=', 'x'),
    );
    expect(sqlite.parameters).toEqual(['x']);
  });
});
