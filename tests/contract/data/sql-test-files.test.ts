import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SQLITE_ONLY, isOnDatabase, isSqliteOnly, testFiles } from '../../support/sql-test-files.ts';

/** A test that comes to a database by itself, past `createTestDatabase`. */
const OPENS_ONE = /\b(?:openDatabase|openMigrationTarget|migrateDatabase|DatabaseSync|startStack)\(/;

describe('tests that run on SQLite alone', () => {
  it.each(Object.entries(SQLITE_ONLY))('%s is there and says why', (file, reason) => {
    expect(existsSync(file)).toBe(true);
    expect(reason).toMatch(/\w+ \w+/);
  });

  it('are all declared', () => {
    const undeclared = testFiles().filter(
      (file) =>
        OPENS_ONE.test(readFileSync(file, 'utf8')) &&
        !isOnDatabase(file) &&
        !isSqliteOnly(file) &&
        !file.startsWith('tests/sql/'),
    );
    expect(undeclared).toEqual([]);
  });

  it('are all those that ask a test database for its file', () => {
    const onFile = testFiles().filter(
      (file) =>
        /\{[^}]*\bpath\b[^}]*\} = await createTestDatabase\(|createTestDatabase\(\)\)\.path/.test(
          readFileSync(file, 'utf8'),
        ) && !isSqliteOnly(file),
    );
    expect(onFile).toEqual([]);
  });
});
