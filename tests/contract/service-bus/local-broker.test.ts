import { describe } from '@jest/globals';
import { openLocalNamespace } from './namespace.ts';
import { describeReceiving } from './receiving.suite.ts';
import { describeSending } from './sending.suite.ts';
import { describeSettling } from './settling.suite.ts';
import { describeTime } from './time.suite.ts';
import { describeWorking } from './working.suite.ts';

describe('the local broker, as Service Bus', () => {
  describeSending(openLocalNamespace);
  describeReceiving(openLocalNamespace);
  describeSettling(openLocalNamespace);
  describeTime(openLocalNamespace);
  describeWorking(openLocalNamespace);
});
