import type { Queries } from '../data/index.ts';

/** A command whose run has come to its end. */
export interface EndedCommand {
  readonly commandId: string;
  readonly run: number;
  readonly routingId: string;
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly application: string;
  readonly commandType: string;
  readonly requestedBy: string;
  /** Actor kind; only a `user` is somebody who can be told. */
  readonly requestedByKind: string;
  readonly outcome: 'Succeeded' | 'Failed';
  readonly attempts: number;
  readonly workstation: string | null;
  /** Of a failure. */
  readonly error: { readonly code: string; readonly message: string; readonly signature: string } | undefined;
  /** When MCMS starts another run by itself; null when a person has to decide. */
  readonly reprocessAt: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/**
 * Who is told of what. Called in the transaction that ends the command, so that every end is told once, and exactly when it is
 * so; sending comes later, and its failures never touch the command.
 */
export interface Notices {
  commandEnded(trx: Queries, ended: EndedCommand): Promise<void>;
}

/** Tells nobody. For a database that is filled or measured, where nobody waits to be told. */
export const silentNotices: Notices = { commandEnded: () => Promise.resolve() };
