import { type RawBuilder, sql } from 'kysely';
import {
  type CamWorkItemTable,
  type Database,
  type DialectName,
  type Queries,
  firstRows,
} from '../data/index.ts';
import { type Application, applications } from './contracts.ts';

/** Waiting: for a claim. Claimed: an agent holds the lease. Lost: the lease ran out; the orchestration has been or will be told. */
export type WorkItemState = 'Waiting' | 'Claimed' | 'Lost';

export type WorkItem = Omit<CamWorkItemTable, 'seq'> & { readonly seq: number };

export interface Claim {
  readonly claimId: string;
  readonly workstation: string;
  readonly applications: readonly Application[];
  readonly now: string;
  readonly leaseUntil: string;
}

/**
 * The one statement that hands out work: the waiting item of highest priority, oldest first, among the applications asked for.
 * Two agents never get the same item: SQLite has one writer; on SQL Server the row is locked as it is found and rows locked by
 * others are passed over.
 */
export function claimStatement(dialect: DialectName, claim: Claim): RawBuilder<{ seq: number }> {
  const apps = sql.join(claim.applications.map((application) => sql`${application}`));
  const wanted = sql`state = ${'Waiting'} and cancelRequested = ${0} and notBefore <= ${claim.now} and application in (${apps})`;
  const changes = sql`state = ${'Claimed'}, workstation = ${claim.workstation}, claimId = ${claim.claimId}, leaseUntil = ${claim.leaseUntil}`;
  if (dialect === 'mssql') {
    const best = sql`select top (1) seq from mcms.CamWorkItem with (rowlock, updlock, readpast) where ${wanted} order by priority desc, seq`;
    return sql<{
      seq: number;
    }>`update mcms.CamWorkItem set ${changes} output inserted.seq where state = ${'Waiting'} and seq = (${best})`;
  }
  return sql<{
    seq: number;
  }>`update CamWorkItem set ${changes} where seq = (select seq from CamWorkItem where ${wanted} order by priority desc, seq limit 1) returning seq`;
}

/** Claims an item, or finds the one that this `claimId` claimed before and still holds. Undefined when nothing waits. */
export async function claimWorkItem(
  trx: Queries,
  dialect: DialectName,
  claim: Claim,
): Promise<{ readonly item: WorkItem; readonly repeated: boolean } | undefined> {
  const before = await trx
    .selectFrom('CamWorkItem')
    .selectAll()
    .where('claimId', '=', claim.claimId)
    .where('workstation', '=', claim.workstation)
    .where('state', '=', 'Claimed')
    .executeTakeFirst();
  if (before) return { item: before, repeated: true };
  const { rows } = await claimStatement(dialect, claim).execute(trx);
  const seq = rows[0]?.seq;
  if (seq === undefined) return undefined;
  const item = await trx
    .selectFrom('CamWorkItem')
    .selectAll()
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow();
  return { item, repeated: false };
}

/** Whose attempt a write belongs to; every such write checks it in the statement itself. */
export interface Fence {
  readonly attemptId: string;
  readonly fence: number;
  readonly workstation: string;
}

/** Renews the lease; undefined when the attempt is no longer this workstation's. */
export async function renewLease(
  trx: Queries,
  fence: Fence,
  leaseUntil: string,
): Promise<{ readonly cancelRequested: boolean } | undefined> {
  const { numUpdatedRows } = await trx
    .updateTable('CamWorkItem')
    .set({ leaseUntil })
    .where('attemptId', '=', fence.attemptId)
    .where('fence', '=', fence.fence)
    .where('workstation', '=', fence.workstation)
    .where('state', '=', 'Claimed')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return undefined;
  const row = await trx
    .selectFrom('CamWorkItem')
    .select('cancelRequested')
    .where('attemptId', '=', fence.attemptId)
    .executeTakeFirstOrThrow();
  return { cancelRequested: row.cancelRequested !== 0 };
}

/** Takes a claimed item off the queue for good; false when its fence no longer holds. */
export async function finishWorkItem(trx: Queries, attemptId: string, fence: number): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('CamWorkItem')
    .where('attemptId', '=', attemptId)
    .where('fence', '=', fence)
    .where('state', '=', 'Claimed')
    .executeTakeFirst();
  return numDeletedRows > 0n;
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
