import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SQL_FOLDER } from '../../../tests/support/database.ts';
import {
  ONLY_ON_SQL_SERVER,
  type SchemaDescription,
  describeSqliteSchema,
} from '../../../tests/support/describe-schema.ts';
import { migrateDatabase } from '../migrate.ts';
import type { MigrationFile } from './migration.ts';
import { readMigrations } from './read.ts';

let folder: string;
let made: SchemaDescription;
let mssql: MigrationFile[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-sets-'));
  const path = join(folder, 'mcms.db');
  await migrateDatabase(`sqlite:${path}`, SQL_FOLDER, () => new Date());
  made = describeSqliteSchema(path);
  mssql = await readMigrations(join(SQL_FOLDER, 'mssql'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Files that ask for a capability change the form of tables, not what is in them. */
const textOf = (files: readonly MigrationFile[]): string =>
  files
    .filter(({ requires }) => requires.length === 0)
    .flatMap(({ batches }) => batches)
    .join('\n');

describe('the two sets of migrations', () => {
  it('declare the same tables with the same columns, nullability, keys and indexes', async () => {
    const sqlite = tablesOf(textOf(await readMigrations(join(SQL_FOLDER, 'sqlite'))));
    const { ...declared } = tablesOf(textOf(mssql));
    const only = Object.keys(declared).filter((table) => !(table in sqlite));
    expect(only.sort()).toEqual(Object.keys(ONLY_ON_SQL_SERVER).sort());
    for (const table of only) delete declared[table];
    expect(declared).toEqual(sqlite);
  });

  it('SQLite makes the tables, columns and nullability that the text declares', () => {
    const declared = Object.entries(tablesOf(textOf(mssql))).filter(
      ([table]) => !(table in ONLY_ON_SQL_SERVER),
    );
    expect(Object.fromEntries(Object.entries(made).map(([table, { columns }]) => [table, columns]))).toEqual(
      Object.fromEntries(
        declared.map(([table, { columns }]) => [
          table.toLowerCase(),
          columns.map((column) => column.replace(/^\w+/, (name) => name.toLowerCase())),
        ]),
      ),
    );
  });

  it('texts compare binary on SQL Server, as on SQLite', () => {
    const loose = textOf(mssql)
      .split('\n')
      .filter((line) => /^ {2}\[?\w+\]? n?(?:var)?char\((?:\d+|max)\)/.test(line))
      .filter((line) => !line.includes(' COLLATE Latin1_General_100_BIN2 '));
    expect(loose).toEqual([]);
  });

  it('the app has rights on every table, and history is append-only for it', () => {
    const text = mssql.flatMap(({ batches }) => batches).join('\n');
    const rights = Object.fromEntries(
      [...text.matchAll(/GRANT ([A-Z, ]+) ON (?:OBJECT::)?mcms\.(\w+) TO mcms_app/g)].map(
        ([, what = '', table = '']) => [table, what.split(', ')],
      ),
    );
    // Procedures that run as the owner are the only ones to see it.
    const { UpkeepState: _internal, ...tables } = tablesOf(textOf(mssql));
    expect(Object.keys(tables).filter((table) => rights[table] === undefined)).toEqual([]);
    expect(rights['HistoryEntry']).toEqual(['SELECT', 'INSERT']);
    expect(rights['HistoryArchive']).toEqual(['SELECT']);
  });
});

interface Declared {
  readonly columns: string[];
  readonly constraints: string[];
  readonly indexes: string[];
}

/** Columns with nullability, constraints and indexes of each table, as the text of migrations declares them. */
function tablesOf(text: string): Record<string, Declared> {
  const plain = text.replaceAll(/--.*$/gm, '').replaceAll('mcms.', '').replaceAll(/[[\]]/g, '');
  const tables: Record<string, Declared> = {};
  for (const [, name = '', body = ''] of plain.matchAll(/CREATE TABLE (\w+) \(\n([\s\S]*?)\n\);/g)) {
    const lines = body.split('\n').map((line) => line.trim().replace(/,$/, ''));
    tables[name] = {
      columns: lines
        .filter((line) => !line.startsWith('CONSTRAINT'))
        .map((line) => `${line.split(' ')[0]} ${/^seq |NOT NULL/.test(line) ? 'NOT NULL' : 'NULL'}`),
      constraints: lines.filter(
        (line) => line.startsWith('CONSTRAINT') && !line.startsWith('CONSTRAINT PK_'),
      ),
      indexes: [],
    };
  }
  // T-SQL adds columns in one statement, SQLite one a statement.
  for (const [, name = '', body = ''] of plain.matchAll(/ALTER TABLE (\w+) ADD\s+(?:COLUMN )?([\s\S]*?);/g)) {
    const lines = body.split(/,\n/).map((line) => line.trim());
    tables[name]?.columns.push(
      ...lines.map((line) => `${line.split(' ')[0]} ${/NOT NULL/.test(line) ? 'NOT NULL' : 'NULL'}`),
    );
  }
  for (const [, index = '', table = '', columns = ''] of plain.matchAll(
    // In quotes where the table may have a form by then that takes no such statement.
    /CREATE INDEX (\w+) ON (\w+) \(([^)]*)\)(?:'\))?;/g,
  )) {
    tables[table]?.indexes.push(`${index} ${columns}`);
  }
  return tables;
}
