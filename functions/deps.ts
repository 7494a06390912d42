import type { CommandTypes, LicencePools } from '../shared/cam-commands/index.ts';
import type { Database } from '../shared/data/index.ts';
import type { ContentStore } from '../shared/files/index.ts';
import type { QueueSender } from '../shared/messaging/index.ts';
import type { Notices } from '../shared/notifications/index.ts';
import type { Clock } from '../shared/time/clock.ts';

/** What the entry hands to every file that registers functions: made once, when the process starts. */
export interface AppDeps {
  readonly clock: Clock;
  readonly database: Database;
  readonly sender: QueueSender;
  readonly content: ContentStore;
  readonly commandTypes: CommandTypes;
  readonly notices: Notices;
  /** Seats of licence pools; a pool that is not named has no limit. */
  readonly licencePools?: LicencePools | undefined;
}
