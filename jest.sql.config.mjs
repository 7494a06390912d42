import base from './jest.config.mjs';
import { ENTERPRISE_TESTS, SERVER_TESTS, testsOnDatabases } from './tests/support/sql-test-files.ts';

/**
 * `npm run test:sql`: every test that works on a database, on the SQL Server that TEST_SQL_CONNECTION names. What runs on SQLite alone
 * is declared in tests/support/sql-test-files.ts. `npm run test:sql:enterprise`: what only a real SQL Server has.
 */
if (!process.env.TEST_SQL_CONNECTION?.trim()) {
  console.error(
    'npm run test:sql needs TEST_SQL_CONNECTION: the connection string of a server on which databases may be made and dropped, ' +
      'for example "Server=127.0.0.1,1433;User Id=sa;Password=…;Encrypt=False".',
  );
  process.exit(1);
}

const isEnterprise = process.env.npm_lifecycle_event === 'test:sql:enterprise';

export default {
  ...base,
  testMatch: isEnterprise ? [ENTERPRISE_TESTS] : testsOnDatabases(),
  testPathIgnorePatterns: base.testPathIgnorePatterns.filter((pattern) => pattern !== SERVER_TESTS),
  // What tells createTestDatabase: `npm test` works on SQLite whatever the environment says.
  globals: { mcmsTestEngine: 'mssql' },
  globalSetup: '<rootDir>/tests/support/sql-setup.ts',
  globalTeardown: '<rootDir>/tests/support/sql-teardown.ts',
};
