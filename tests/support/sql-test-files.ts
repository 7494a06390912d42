import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { importClosure } from '../../local/supervisor/import-closure.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDERS = '{cli,cmdhost,functions,local,shared,tests,tools}';

/** Pattern of the test files that a SQL Server alone can pass: `npm test` leaves them out, `npm run test:sql` runs them. */
export const SERVER_TESTS = '/tests/sql/';

/** Tests on databases that `npm run test:sql` does not repeat, each with the reason. */
export const SQLITE_ONLY: Readonly<Record<string, string>> = {
  'shared/data/sqlite/database.test.ts': 'is about the file: its locks, moving it away, replacing it',
  'tests/contract/data/sqlite.test.ts':
    'is the conformance suite on SQLite; tests/sql/mssql.test.ts is its twin',
};

/** The test files that come to `createTestDatabase` by their imports, without those for SQLite alone. Absolute paths. */
export function testsOnDatabases(): string[] {
  const helper = join(ROOT, 'tests/support/database.ts');
  return globSync(`${FOLDERS}/**/*.test.ts`, { cwd: ROOT })
    .filter((file) => !(file in SQLITE_ONLY))
    .map((file) => join(ROOT, file))
    .filter((file) => importClosure([file]).has(helper))
    .sort();
}
