import base from './jest.config.mjs';

/** `npm run test:durable`: the suites of the Durable backend against the app whose webhooks TEST_DURABLE_BASE_URL names. */
export default {
  ...base,
  testMatch: ['**/tests/contract/durable-task/deployed.durable-task.ts'],
  maxWorkers: 1,
  // Time passes by waiting; 500 events take an app of one instance minutes.
  testTimeout: 15 * 60_000,
};
