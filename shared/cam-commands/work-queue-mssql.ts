import { type RawBuilder, sql } from 'kysely';
import { nvarchar } from '../data/sql-type.ts';
import { type COLUMNS, DatabaseUnavailableError, bound, typed } from '../data/index.ts';
import type { Claim, Claimant, Fence, NewWorkItem, WorkItem, WorkQueue } from './work-queue.ts';

/** A transaction holds such a lock for some statements; whoever waits this long meets a server in trouble. */
const LOCK_TIMEOUT_MS = 20_000;
/** What the server returns for a call that was wrong. */
const NOT_GRANTED = -999;

/**
 * Procedures of schema `mcms`: plain T-SQL on a plain table, natively compiled on the memory-optimized one (infra/sql/mssql). Their
 * names, parameters and rows are the same in both forms.
 */
export const procedureWorkQueue: WorkQueue = {
  async enqueue(trx, item) {
    await enqueueCall(item).execute(trx);
  },

  async findClaim(trx, claimant) {
    const { rows } = await findClaimCall(claimant).execute(trx);
    return rows[0];
  },

  async claim(trx, claim) {
    const { rows } = await claimCall(claim).execute(trx);
    return rows[0];
  },

  async lock(trx, names) {
    for (const name of names.toSorted()) {
      const { rows } = await lockCall(name).execute(trx);
      const granted = rows[0]?.granted ?? NOT_GRANTED;
      if (granted < 0) throw new DatabaseUnavailableError(new Error(`${name} stayed locked: ${granted}`));
    }
  },

  async heartbeat(trx, fence, leaseUntil) {
    const { rows } = await heartbeatCall(fence, leaseUntil).execute(trx);
    return rows[0] && { cancelRequested: rows[0].cancelRequested !== 0 };
  },

  async finish(trx, attemptId, fence) {
    const { rows } = await finishCall(attemptId, fence).execute(trx);
    return rows[0]?.finished === 1;
  },
};

/** Type of a lock's name. */
const LOCK_NAME = nvarchar(255);

type Column = keyof typeof COLUMNS.CamWorkItem;

/**
 * A call with its arguments in the order of the procedure's parameters: natively compiled procedures are slow to match names.
 * https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/calling-natively-compiled-stored-procedures-from-data-access-applications
 */
function call<Row>(procedure: string, ...given: readonly (readonly [Column, unknown])[]): RawBuilder<Row> {
  const values = given.map(([column, value]) => bound(`CamWorkItem.${column}`, value));
  return sql<Row>`exec ${sql.raw(`mcms.${procedure}`)} ${sql.join(values)}`;
}

export function enqueueCall(item: NewWorkItem): RawBuilder<unknown> {
  return call(
    'EnqueueWork',
    ['workItemId', item.workItemId],
    ['attemptId', item.attemptId],
    ['commandId', item.commandId],
    ['run', item.run],
    ['attempt', item.attempt],
    ['fence', item.fence],
    ['application', item.application],
    ['priority', item.priority],
    ['notBefore', item.notBefore],
    ['enqueuedAt', item.enqueuedAt],
    ['laneId', item.laneId],
    ['requestedBy', item.requestedBy],
  );
}

export function findClaimCall({ claimId, workstation }: Claimant): RawBuilder<WorkItem> {
  return call('FindClaim', ['claimId', claimId], ['workstation', workstation]);
}

export function claimCall(claim: Claim): RawBuilder<WorkItem> {
  return call(
    'ClaimWork',
    ['seq', claim.seq],
    ['claimId', claim.claimId],
    ['workstation', claim.workstation],
    ['leaseUntil', claim.leaseUntil],
  );
}

/**
 * An application lock of the transaction, which ends with it. It is the same on a plain table and on a memory-optimized one, where a
 * count under SNAPSHOT would not see the claim that another transaction is about to commit.
 * https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
 */
export function lockCall(name: string): RawBuilder<{ readonly granted: number }> {
  return sql`declare @granted int;
    exec @granted = sp_getapplock @Resource = ${typed(LOCK_NAME, `mcms-${name}`)}, @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = ${sql.lit(LOCK_TIMEOUT_MS)};
    select @granted as granted`;
}

export function heartbeatCall(
  { attemptId, fence, workstation }: Fence,
  leaseUntil: string,
): RawBuilder<{ readonly cancelRequested: number }> {
  return call(
    'HeartbeatWorkItem',
    ['attemptId', attemptId],
    ['fence', fence],
    ['workstation', workstation],
    ['leaseUntil', leaseUntil],
  );
}

export function finishCall(attemptId: string, fence: number): RawBuilder<{ readonly finished: number }> {
  return call('FinishWorkItem', ['attemptId', attemptId], ['fence', fence]);
}
