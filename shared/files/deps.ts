import type { Database } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import type { ContentStore } from './content-store.ts';

/** What the services of this area are made from. */
export interface FileDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly content: ContentStore;
}
