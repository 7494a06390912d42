import type { Engine } from './engine.ts';
import { idempotencySuite } from './idempotency.suite.ts';
import { injectionSuite } from './injection.suite.ts';
import { pagingSuite } from './paging.suite.ts';
import { textSuite } from './text.suite.ts';
import { transactionsSuite } from './transactions.suite.ts';
import { valuesSuite } from './values.suite.ts';
import { workQueueSuite } from './work-queue.suite.ts';

/** What the data layer promises, whatever the engine. */
export function conformance(engine: Engine): void {
  transactionsSuite(engine);
  textSuite(engine);
  valuesSuite(engine);
  pagingSuite();
  injectionSuite();
  workQueueSuite();
  idempotencySuite();
}
