import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { importClosure } from '../../local/supervisor/import-closure.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDERS = '{cli,cmdhost,functions,load-tests,local,shared,tests,tools}';
const HELPERS = ['tests/support/database.ts', 'tests/support/sql-server.ts'];

/** Pattern of the test files that a SQL Server alone can pass: `npm test` leaves them out, `npm run test:sql` runs them. */
export const SERVER_TESTS = '<rootDir>/tests/sql/';
/** Those of them that need what Babelfish lacks: `npm run test:sql:enterprise`. */
export const ENTERPRISE_TESTS = '<rootDir>/tests/sql/**/*.enterprise.test.ts';

/** Tests that come to a database, but not to that of `npm run test:sql`: files or whole folders, each with the reason. */
export const SQLITE_ONLY: Readonly<Record<string, string>> = {
  'functions/timers/upkeep.test.ts':
    'asks a database for upkeep that only SQLite is known to have no need of',
  'shared/history/read-plans.test.ts': "reads SQLite's own plans, from its file",
  'shared/data/sqlite/database.test.ts': 'is about the file: its locks, moving it away, replacing it',
  'shared/data/migrations/run.test.ts': 'is about the journal and the lock of a SQLite file',
  'shared/data/mssql/pool.test.ts': 'plays the server itself',
  'cli/import/interrupted.test.ts':
    'kills a process and looks into the SQLite file it wrote; import.test.ts is for every engine',
  'tests/contract/data/sqlite.test.ts':
    'is the conformance suite on SQLite; tests/sql/mssql.test.ts is its twin',
  'tests/contract/data/version-before.test.ts': 'prepares what version 0.1 sent to SQLite',
  'load-tests/bench/sql/recording.test.ts': 'replays on the bare driver of the file',
  'tests/integration/cmdhost/doctor.test.ts': 'starts the local stack, whose database is SQLite',
  'tests/e2e/': 'starts the local stack, whose database is SQLite',
  'tests/faults/': 'starts the local stack, whose database is SQLite, and breaks its parts',
};

/** Every test file, relative to the project. */
export function testFiles(): string[] {
  return globSync(`${FOLDERS}/**/*.test.ts`, { cwd: ROOT }).sort();
}

/** Whether the declaration above covers this test file. */
export function isSqliteOnly(file: string): boolean {
  return Object.keys(SQLITE_ONLY).some(
    (entry) => file === entry || (entry.endsWith('/') && file.startsWith(entry)),
  );
}

/** Whether this test file comes to a test database by its imports. */
export function isOnDatabase(file: string): boolean {
  const loaded = importClosure([join(ROOT, file)]);
  return HELPERS.some((helper) => loaded.has(join(ROOT, helper)));
}

/** What `npm run test:sql` runs: tests that come to a database, without those for one engine or one edition. Absolute paths. */
export function testsOnDatabases(): string[] {
  return testFiles()
    .filter((file) => !file.endsWith('.enterprise.test.ts') && !isSqliteOnly(file))
    .filter((file) => file.startsWith('tests/sql/') || isOnDatabase(file))
    .map((file) => join(ROOT, file));
}
