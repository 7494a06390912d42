import { type RawBuilder, sql } from 'kysely';
import { bound } from '../data/index.ts';
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

export function enqueueCall(item: NewWorkItem): RawBuilder<unknown> {
  const columns = [
    'workItemId',
    'attemptId',
    'commandId',
    'run',
    'attempt',
    'fence',
    'application',
    'priority',
    'notBefore',
    'enqueuedAt',
  ] as const;
  const given = columns.map(
    (column) => sql`${sql.raw(`@${column}`)} = ${bound(`CamWorkItem.${column}`, item[column])}`,
  );
  return sql`exec mcms.EnqueueWorkItem ${sql.join(given)}`;
}

export function claimCall(claim: Claim): RawBuilder<WorkItem & { readonly repeated: number }> {
  if (claim.applications.length > applications.length) throw new RangeError('an application is named twice');
  const [first = null, second = null] = claim.applications;
  return sql`exec mcms.ClaimWorkItem @claimId = ${bound('CamWorkItem.claimId', claim.claimId)}, @workstation = ${bound('CamWorkItem.workstation', claim.workstation)}, @now = ${bound('CamWorkItem.notBefore', claim.now)}, @leaseUntil = ${bound('CamWorkItem.leaseUntil', claim.leaseUntil)}, @application1 = ${bound('CamWorkItem.application', first)}, @application2 = ${bound('CamWorkItem.application', second)}`;
}

export function heartbeatCall(
  { attemptId, fence, workstation }: Fence,
  leaseUntil: string,
): RawBuilder<{ readonly cancelRequested: number }> {
  return sql`exec mcms.HeartbeatWorkItem @attemptId = ${bound('CamWorkItem.attemptId', attemptId)}, @fence = ${bound('CamWorkItem.fence', fence)}, @workstation = ${bound('CamWorkItem.workstation', workstation)}, @leaseUntil = ${bound('CamWorkItem.leaseUntil', leaseUntil)}`;
}

export function finishCall(attemptId: string, fence: number): RawBuilder<{ readonly finished: number }> {
  return sql`exec mcms.FinishWorkItem @attemptId = ${bound('CamWorkItem.attemptId', attemptId)}, @fence = ${bound('CamWorkItem.fence', fence)}`;
}
