import { describe } from '@jest/globals';
import { conformance } from '../../sql/suites/conformance.ts';
import { SQLITE } from '../../sql/suites/engine.ts';

describe('the data layer on SQLite', () => {
  conformance({ facts: () => SQLITE });
});
