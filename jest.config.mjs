import { SERVER_TESTS } from './tests/support/sql-test-files.ts';

/** Node strips the types itself: no transform. `@azure/functions` finds its host's registration module here. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/\\.local/', SERVER_TESTS],
  moduleNameMapper: { '^@azure/functions-core$': '<rootDir>/tests/support/functions-core.cjs' },
  maxWorkers: 2,
  testTimeout: 60_000,
};
