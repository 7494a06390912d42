import type { CamWorkItemTable, Database, DialectName, Queries } from '../data/index.ts';
import { firstRows } from '../data/index.ts';
import { type Application, applications } from './contracts.ts';
import { procedureWorkQueue } from './work-queue-mssql.ts';
import { statementWorkQueue } from './work-queue-sqlite.ts';

/** Waiting: for a claim. Claimed: an agent holds the lease. Lost: the lease ran out; the orchestration has been or will be told. */
export type WorkItemState = 'Waiting' | 'Claimed' | 'Lost';

export type WorkItem = Omit<CamWorkItemTable, 'seq'> & { readonly seq: number };

/** What an attempt puts into the queue; everything else of an item comes with its claim. */
export type NewWorkItem = Pick<
  CamWorkItemTable,
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
>;

export interface Claim {
  readonly claimId: string;
  readonly workstation: string;
  readonly applications: readonly Application[];
  readonly now: string;
  readonly leaseUntil: string;
}

/** Whose attempt a write belongs to; every such write checks it in the statement itself. */
export interface Fence {
  readonly attemptId: string;
  readonly fence: number;
  readonly workstation: string;
}

/**
 * The four operations of the hot path, which differ by engine: statements on SQLite, procedures on SQL Server (natively compiled where
 * the database can). They belong to the transaction they are called in.
 */
export interface WorkQueue {
  enqueue(trx: Queries, item: NewWorkItem): Promise<void>;
  /**
   * Claims the waiting item of highest priority, oldest first, among the applications asked for; or finds the one that this `claimId`
   * claimed before and still holds. Two agents never get the same item. Undefined when nothing waits.
   */
  claim(
    trx: Queries,
    claim: Claim,
  ): Promise<{ readonly item: WorkItem; readonly repeated: boolean } | undefined>;
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

/** For each application with items that may be claimed, the one to be claimed next: what the sweeper rings a bell for. */
export async function waitingByApplication(
  database: Database,
  now: string,
): Promise<readonly { readonly application: Application; readonly workItemId: string }[]> {
  const found: { application: Application; workItemId: string }[] = [];
  for (const application of applications) {
    const waiting = database.read
      .selectFrom('CamWorkItem')
      .select('workItemId')
      .where('state', '=', 'Waiting')
      .where('application', '=', application)
      .where('cancelRequested', '=', 0)
      .where('notBefore', '<=', now)
      .orderBy('priority', 'desc')
      .orderBy('seq');
    const row = await firstRows(waiting, 1, database.dialect).executeTakeFirst();
    if (row) found.push({ application, workItemId: row.workItemId });
  }
  return found;
}
