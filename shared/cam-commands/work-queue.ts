import type { Selectable } from 'kysely';
import type { CamWorkItemTable, Database, DialectName, Queries } from '../data/index.ts';
import { procedureWorkQueue } from './work-queue-mssql.ts';
import { statementWorkQueue } from './work-queue-sqlite.ts';

export type WorkItem = Selectable<CamWorkItemTable>;

/** What an attempt puts into the queue; its turn is found there, everything else of an item comes with its claim. */
export type NewWorkItem = Pick<
  WorkItem,
  | 'workItemId'
  | 'attemptId'
  | 'commandId'
  | 'run'
  | 'attempt'
  | 'fence'
  | 'application'
  | 'priority'
  | 'notBefore'
  | 'enqueuedAt'
  | 'laneId'
  | 'requestedBy'
>;

/** Who claims; the same `claimId` again is the same claim. */
export interface Claimant {
  readonly claimId: string;
  readonly workstation: string;
}

/** A claim of one item, by its number. */
export interface Claim extends Claimant {
  readonly seq: number;
  readonly leaseUntil: string;
}

/** Whose attempt a write belongs to; every such write checks it in the statement itself. */
export interface Fence {
  readonly attemptId: string;
  readonly fence: number;
  readonly workstation: string;
}

/**
 * The operations of the hot path, which differ by engine: statements on SQLite, procedures on SQL Server (natively compiled where the
 * database can). They belong to the transaction they are called in.
 */
export interface WorkQueue {
  /** People of one application and priority take turns: the item goes one round behind its person's last one that waits there. */
  enqueue(trx: Queries, item: NewWorkItem): Promise<void>;
  /** The item that this claim took before and still holds. */
  findClaim(trx: Queries, claimant: Claimant): Promise<WorkItem | undefined>;
  /** Takes one item if it still waits and nobody has cancelled it; undefined when somebody was faster. Two never get the same item. */
  claim(trx: Queries, claim: Claim): Promise<WorkItem | undefined>;
  /**
   * Lets one transaction at a time go on that names the same thing, until it ends. For what is counted or looked for before it is
   * written: seats of a licence pool, pauses. To be called before the transaction has read any of it.
   * @throws {DatabaseUnavailableError} when others held it for too long.
   */
  lock(trx: Queries, names: readonly string[]): Promise<void>;
  /** Renews the lease; undefined when the attempt is no longer this workstation's. */
  heartbeat(
    trx: Queries,
    fence: Fence,
    leaseUntil: string,
  ): Promise<{ readonly cancelRequested: boolean } | undefined>;
  /** Takes a claimed item off the queue for good; false when its fence no longer holds. */
  finish(trx: Queries, attemptId: string, fence: number): Promise<boolean>;
}

export function workQueueOf({ dialect }: { readonly dialect: DialectName }): WorkQueue {
  return dialect === 'mssql' ? procedureWorkQueue : statementWorkQueue;
}

/** Takes an item off the queue if nobody has claimed it; false when somebody has, or it is gone. */
export async function withdrawWaiting(trx: Queries, attemptId: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('CamWorkItem')
    .where('attemptId', '=', attemptId)
    .where('state', '=', 'Waiting')
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Lets the next heartbeat of a claimed item tell its agent to stop; false when the item is gone. */
export async function askToStop(trx: Queries, attemptId: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('CamWorkItem')
    .set({ cancelRequested: 1 })
    .where('attemptId', '=', attemptId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Takes an item off the queue whatever its state: its attempt has been decided. */
export async function removeWorkItem(trx: Queries, attemptId: string): Promise<void> {
  await trx.deleteFrom('CamWorkItem').where('attemptId', '=', attemptId).execute();
}

/** Declares the claims whose lease ran out before `deadline` lost, so that nothing their agents still say counts. */
export async function expireLeases(trx: Queries, deadline: string): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('CamWorkItem')
    .set({ state: 'Lost' })
    .where('state', '=', 'Claimed')
    .where('leaseUntil', '<', deadline)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Items declared lost whose orchestration has not taken note yet (it removes them). */
export async function lostItems(database: Database): Promise<readonly WorkItem[]> {
  return database.read
    .selectFrom('CamWorkItem')
    .selectAll()
    .where('state', '=', 'Lost')
    .orderBy('seq')
    .execute();
}
