import base from './jest.config.mjs';

/** `npm run test:service-bus`: the suites of the broker against the namespace that TEST_SERVICE_BUS_CONNECTION names. */
export default {
  ...base,
  testMatch: ['**/tests/contract/service-bus/azure.service-bus.ts'],
  maxWorkers: 1,
  // Time passes by waiting: the longest test waits for an hour and a minute.
  testTimeout: 2 * 3_600_000,
};
