import { describe } from '@jest/globals';
import { deployedApp } from './deployed-app.ts';
import { describeEvents } from './events.suite.ts';
import { describeLifecycle } from './lifecycle.suite.ts';
import { describeReplay } from './replay.suite.ts';

describe('Durable Functions where they are deployed', () => {
  const open = deployedApp();
  describeReplay(open);
  describeEvents(open);
  describeLifecycle(open);
});
