import { type RawBuilder, sql } from 'kysely';
import { type COLUMNS, bound } from '../data/index.ts';
import { applications } from './contracts.ts';
import type { Claim, Fence, NewWorkItem, WorkItem, WorkQueue } from './work-queue.ts';

/**
 * Procedures of schema `mcms`: plain T-SQL on a plain table, natively compiled on the memory-optimized one (infra/sql/mssql). Their
 * names, parameters and rows are the same in both forms.
 */
export const procedureWorkQueue: WorkQueue = {
  async enqueue(trx, item) {
    await enqueueCall(item).execute(trx);
  },

  async claim(trx, claim) {
    const { rows } = await claimCall(claim).execute(trx);
    const [row] = rows;
    if (!row) return undefined;
    const { repeated, ...item } = row;
    return { item, repeated: repeated !== 0 };
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
    'EnqueueWorkItem',
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
  );
}

export function claimCall(claim: Claim): RawBuilder<WorkItem & { readonly repeated: number }> {
  if (claim.applications.length > applications.length) throw new RangeError('an application is named twice');
  const [first = null, second = null] = claim.applications;
  return call(
    'ClaimWorkItem',
    ['claimId', claim.claimId],
    ['workstation', claim.workstation],
    ['notBefore', claim.now],
    ['leaseUntil', claim.leaseUntil],
    ['application', first],
    ['application', second],
  );
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
