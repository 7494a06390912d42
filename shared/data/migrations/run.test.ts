import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SQL_FOLDER } from '../../tests/support/database.ts';
import { migrateDatabase, readMigrations } from './migrate.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-migrate-'));
  folders.push(folder);
  const sqlFolder = join(folder, 'sql');
  await cp(SQL_FOLDER, sqlFolder, { recursive: true });
  const path = join(folder, 'mcms.db');
  const run = () => migrateDatabase(`sqlite:${path}`, sqlFolder, () => new Date('2026-01-01T00:00:00Z'));
  return { sqlFolder: join(sqlFolder, 'sqlite'), path, run };
}

describe('migrations', () => {
  it('run once', async () => {
    const { run } = await setUp();
    expect((await run()).applied).toEqual(['0001_core.sql']);
    expect(await run()).toEqual({ applied: [], alreadyThere: ['0001_core.sql'] });
  });

  it('refuse a file that was changed after it was applied', async () => {
    const { run, sqlFolder } = await setUp();
    await run();
    await writeFile(join(sqlFolder, '0001_core.sql'), '-- changed');
    await expect(run()).rejects.toThrow('0001_core.sql was changed after it was applied');
  });

  it('refuse a folder that lacks an applied file', async () => {
    const { run, sqlFolder } = await setUp();
    await writeFile(join(sqlFolder, '0002_more.sql'), 'CREATE TABLE More (seq INTEGER PRIMARY KEY);');
    await run();
    await rm(join(sqlFolder, '0002_more.sql'));
    await expect(run()).rejects.toThrow('0002_more.sql was applied to this database but is not in');
  });

  it('leave nothing of a file that fails, and go on when it is mended', async () => {
    const { run, sqlFolder, path } = await setUp();
    await writeFile(
      join(sqlFolder, '0002_more.sql'),
      'CREATE TABLE More (seq INTEGER PRIMARY KEY); NONSENSE;',
    );
    await expect(run()).rejects.toThrow(/syntax error/);
    await writeFile(join(sqlFolder, '0002_more.sql'), 'CREATE TABLE More (seq INTEGER PRIMARY KEY);');
    expect((await run()).applied).toEqual(['0002_more.sql']);
    const database = new DatabaseSync(path, { readOnly: true });
    expect(database.prepare("SELECT name FROM sqlite_master WHERE name = 'More'").get()).toBeDefined();
    database.close();
  });
});

describe('the two sets of migrations', () => {
  it('make the same tables with the same columns, nullability, keys and indexes', async () => {
    const { run, path } = await setUp();
    await run();
    const [sqlite] = await readMigrations(join(SQL_FOLDER, 'sqlite'));
    const [mssql] = await readMigrations(join(SQL_FOLDER, 'mssql'));
    const tables = tablesOf(mssql?.batches.join('\n') ?? '');
    expect(tables).toEqual(tablesOf(sqlite?.batches.join('\n') ?? ''));

    const database = new DatabaseSync(path, { readOnly: true });
    for (const [table, { columns }] of Object.entries(tables)) {
      const made = database.prepare(`PRAGMA table_info(${table})`).all();
      expect(
        made.map((column) => `${String(column['name'])} ${column['notnull'] === 1 ? 'NOT NULL' : 'NULL'}`),
      ).toEqual(
        // An INTEGER PRIMARY KEY of SQLite is never null without saying so.
        columns.map((column) => (column === 'seq NOT NULL' ? 'seq NULL' : column)),
      );
    }
    database.close();
    expect(Object.keys(tables)).toHaveLength(16);
  });
});

/** Columns with nullability, constraints and indexes of each table, as the text of a migration declares them. */
function tablesOf(
  text: string,
): Record<string, { columns: string[]; constraints: string[]; indexes: string[] }> {
  const plain = text.replaceAll(/--.*$/gm, '').replaceAll('mcms.', '').replaceAll(/[[\]]/g, '');
  const tables: ReturnType<typeof tablesOf> = {};
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
  for (const [, index = '', table = '', columns = ''] of plain.matchAll(
    /CREATE INDEX (\w+) ON (\w+) \((.*)\);/g,
  )) {
    tables[table]?.indexes.push(`${index} ${columns}`);
  }
  return tables;
}
