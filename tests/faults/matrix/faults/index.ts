import { blobsAway, brokerAway, diskFull, sqlAway } from './away.ts';
import { clockAgent, clockHost } from './clocks.ts';
import type { Fault } from './fault.ts';
import { hang } from './hang.ts';
import { killAgent, killBroker, killEsprit, killHost, killRunner } from './kills.ts';
import { duplicates, lostLock, poison } from './messages.ts';

export type { Aftermath, Durations, Fault, Strike } from './fault.ts';

/** Every fault of the matrix, in the order of its rows. */
export const FAULTS: readonly Fault[] = [
  killHost,
  killBroker,
  killAgent,
  killRunner,
  killEsprit,
  lostLock,
  duplicates,
  clockHost,
  clockAgent,
  brokerAway,
  sqlAway,
  blobsAway,
  diskFull,
  hang,
  poison,
];
