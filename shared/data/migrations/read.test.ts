import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseMigration, progressChecksum, readMigrations } from './read.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-read-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('a migration file', () => {
  it('is split at lines with nothing but GO', () => {
    const { batches } = parseMigration('0001_a.sql', "SELECT 1;\nGO\nSELECT 'GO';\ngo  \n\nGO\n");
    expect(batches.map((batch) => batch.trim())).toEqual(['SELECT 1;', "SELECT 'GO';"]);
  });

  it('has the same checksum with either kind of line end', () => {
    const unix = parseMigration('0001_a.sql', 'SELECT 1;\nGO\n');
    expect(parseMigration('0001_a.sql', 'SELECT 1;\r\nGO\r\n').checksum).toBe(unix.checksum);
  });

  it('needs nothing and runs in a transaction, unless its headers say so', () => {
    expect(parseMigration('0001_a.sql', '-- Prose, not a header.\nSELECT 1;')).toMatchObject({
      requires: [],
      inTransaction: true,
      replaces: [],
    });
    const text =
      '-- requires: columnstore, query-store\n-- requires: in-memory-oltp\n-- transaction: none\n' +
      '-- replaces: 0001_a.sql\n--\n-- see https://example.org\nSELECT 1;';
    expect(parseMigration('0002_b.sql', text)).toMatchObject({
      requires: ['columnstore', 'query-store', 'in-memory-oltp'],
      inTransaction: false,
      replaces: ['0001_a.sql'],
    });
  });

  it.each([
    ['an unknown capability', '-- requires: columstore\nSELECT 1;'],
    ['an unknown header', '-- require: columnstore\nSELECT 1;'],
    ['a header in another spelling', '-- Requires: columnstore\nSELECT 1;'],
    ['a header below prose', '-- Prose.\n-- transaction: none\nSELECT 1;'],
    ['a transaction that is something else', '-- transaction: some\nSELECT 1;'],
  ])('with %s is refused by name', (_case, text) => {
    expect(() => parseMigration('0007_x.sql', text)).toThrow(/^0007_x\.sql: header: /);
  });

  it('may change the batches that have not run', () => {
    const before = parseMigration('0001_a.sql', 'A;\nGO\nB;\nGO\nC;\n');
    const after = parseMigration('0001_a.sql', 'A;\nGO\nB;\nGO\nD;\n');
    expect(progressChecksum(after, 2)).toBe(progressChecksum(before, 2));
    expect(progressChecksum(after, 3)).not.toBe(progressChecksum(before, 3));
  });
});

describe('a folder of migrations', () => {
  it('is read in order of name; other files do not count', async () => {
    const folder = await folderOf({
      '0002_b.sql': 'B;',
      '0001_a.sql': 'A;',
      'notes.md': '',
      '3_c.sql': 'C;',
    });
    expect((await readMigrations(folder)).map(({ name }) => name)).toEqual(['0001_a.sql', '0002_b.sql']);
  });

  it('is refused when it is empty', async () => {
    await expect(readMigrations(await folderOf({}))).rejects.toThrow(/^no migrations in /);
  });

  it('is refused when two files have one number', async () => {
    const folder = await folderOf({ '0001_a.sql': 'A;', '0001_b.sql': 'B;' });
    await expect(readMigrations(folder)).rejects.toThrow('two migrations have the number 0001');
  });

  it.each(['0003_later.sql', '0001_gone.sql'])('is refused when a file replaces %s', async (name) => {
    const folder = await folderOf({ '0002_b.sql': `-- replaces: ${name}\nB;`, '0003_later.sql': 'C;' });
    await expect(readMigrations(folder)).rejects.toThrow(`0002_b.sql replaces ${name}`);
  });
});
