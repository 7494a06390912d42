import { describe } from '@jest/globals';
import { describeEvents } from './events.suite.ts';
import { describeLifecycle } from './lifecycle.suite.ts';
import { openLocalApp } from './local-app.ts';
import { describeReplay } from './replay.suite.ts';

describe('the local backend, as Durable Functions', () => {
  describeReplay(openLocalApp);
  describeEvents(openLocalApp);
  describeLifecycle(openLocalApp);
});
