import { describe } from '@jest/globals';
import { azureNamespace } from './azure-namespace.ts';
import { describeReceiving } from './receiving.suite.ts';
import { describeSending } from './sending.suite.ts';
import { describeSettling } from './settling.suite.ts';
import { describeTime } from './time.suite.ts';
import { describeWorking } from './working.suite.ts';

describe('Service Bus on Azure', () => {
  const open = azureNamespace();
  describeSending(open);
  describeReceiving(open);
  describeSettling(open);
  describeTime(open);
  describeWorking(open);
});
