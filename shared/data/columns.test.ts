import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { SQL_FOLDER } from '../../tests/support/database.ts';
import { COLUMNS } from './columns.ts';
import { readMigrations } from './migrate.ts';
import { type SqlType, declarationOf } from './sql-type.ts';

/** Read and written by procedures alone: nothing of them is bound. */
const INTERNAL = new Set(['UpkeepState']);

/** `Table.column` and its type, as the migrations for SQL Server declare them. */
async function declaredColumns(): Promise<string[]> {
  const files = await readMigrations(`${SQL_FOLDER}/mssql`);
  const texts = await Promise.all(files.map(({ name }) => readFile(`${SQL_FOLDER}/mssql/${name}`, 'utf8')));
  const plain = texts.map((text) => text.replaceAll(/--.*$/gm, ''));
  const tables = plain
    .flatMap((text) => [
      ...text.matchAll(/CREATE TABLE mcms\.(\w+) \(\n([\s\S]*?)\n\);/g),
      ...text.matchAll(/ALTER TABLE mcms\.(\w+) ADD\n([\s\S]*?);/g),
    ])
    .filter(([, table = '']) => !INTERNAL.has(table))
    .flatMap(([, table = '', body = '']) =>
      body
        .split('\n')
        .map((line) => /^\s*\[?(\w+)\]? ([a-z]\w*(?:\(\w+\))?)/.exec(line))
        .flatMap((match) => (match ? [`${table}.${match[1]} ${match[2]}`] : [])),
    );
  return tables.sort();
}

describe('types of columns', () => {
  it('are those of the tables on SQL Server', async () => {
    const known = Object.entries(COLUMNS as Record<string, Record<string, SqlType>>).flatMap(
      ([table, columns]) =>
        Object.entries(columns).map(([column, type]) => `${table}.${column} ${declarationOf(type)}`),
    );
    expect(known.sort()).toEqual(await declaredColumns());
  });
});
