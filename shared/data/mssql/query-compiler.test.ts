import { describe, expect, it } from '@jest/globals';
import { type Compilable, sql } from 'kysely';
import { compileBoth } from '../../../tests/support/compiled-sql.ts';
import { type Queries, bound } from '../index.ts';

function compiled(build: (read: Queries) => Compilable) {
  const { parameters, types } = compileBoth(({ read }) => build(read)).mssql;
  return { parameters, types };
}

describe('TypedQueryCompiler', () => {
  it('gives the same types to other values of the same text', () => {
    const query = (code: string, rev: number | null) =>
      compiled((read) =>
        read.updateTable('Routing').set({ releasedCamRev: rev }).where('itemCode', '=', code),
      );
    const types = ['int', 'nvarchar(64)'];
    expect(query('DEMO-1', 3)).toEqual({ parameters: [3, 'DEMO-1'], types });
    expect(query('DEMO-2', null)).toEqual({ parameters: [null, 'DEMO-2'], types });
  });

  it('tells texts apart that differ in the number of values', () => {
    const query = (...states: string[]) =>
      compiled((read) => read.selectFrom('CamWorkItem').select('seq').where('state', 'in', states)).types;
    expect(query('Waiting')).toEqual(['nvarchar(16)']);
    expect(query('Waiting', 'Lost')).toEqual(['nvarchar(16)', 'nvarchar(16)']);
  });

  it('leaves values their own types, and raw texts without one as they are', () => {
    const query = (value: unknown) =>
      compiled((read) =>
        read
          .selectFrom('Item')
          .select('seq')
          .where(sql`lower(name)`, '=', sql`lower(${value})`),
      ).types;
    expect(query(bound('Item.name', 'a'))).toEqual(['nvarchar(200)']);
    expect(query('a')).toEqual([null]);
    expect(query(bound('Item.itemCode', 'a'))).toEqual(['nvarchar(64)']);
  });
});
