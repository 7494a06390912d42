import type { Database } from '../shared/data/index.ts';
import type { Clock } from '../shared/time/clock.ts';

/** What the entry hands to every file that registers functions: made once, when the process starts. */
export interface AppDeps {
  readonly clock: Clock;
  readonly database: Database;
}
