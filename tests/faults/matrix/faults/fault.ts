import type { NoticeRow } from '../../../support/invariants.ts';
import type { Random } from '../../../support/faults-random.ts';
import type { Population } from '../population.ts';
import type { Rig } from '../rig.ts';

/** How long things are away or stand still, in milliseconds. */
export interface Durations {
  readonly brokerAwayMs: number;
  readonly sqlAwayMs: number;
  readonly blobsAwayMs: number;
  readonly diskFullMs: number;
  readonly hangMs: number;
  readonly clockJumpMs: number;
}

export interface Strike {
  readonly rig: Rig;
  readonly random: Random;
  readonly population: Population;
  readonly durations: Durations;
}

/** What a fault leaves that is no violation. */
export interface Aftermath {
  /** Messages that had to be refused, by the reason given; default none. */
  readonly refused?: Readonly<Record<string, number>>;
}

export interface Fault {
  readonly name: string;
  /** For people: what is struck, and how. */
  readonly what: string;
  /** A stack for each seed, because the fault leaves what the next round must not meet. */
  readonly freshRig?: boolean;
  readonly smallDisk?: boolean;
  /** Notifications that rightly wait when all else has ended: the fault is still there for them. Default none. */
  readonly mayWait?: (notices: readonly NoticeRow[]) => ReadonlySet<string>;
  /** Says in a sentence why it cannot be played here; undefined when it can. */
  missing?(): string | undefined;
  /** Strikes and heals; resolves when all is there again, though perhaps not yet ready. */
  strike(strike: Strike): Promise<Aftermath | void>;
}
