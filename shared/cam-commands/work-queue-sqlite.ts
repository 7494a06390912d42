import { type RawBuilder, sql } from 'kysely';
import { type Queries, bound } from '../data/index.ts';
import type { Claim, WorkItem, WorkQueue } from './work-queue.ts';

/** Each operation is one statement, and SQLite has one writer: nothing comes between. */
export const statementWorkQueue: WorkQueue = {
  async enqueue(trx, item) {
    await trx
      .insertInto('CamWorkItem')
      .values({
        ...item,
        state: 'Waiting',
        workstation: null,
        claimId: null,
        leaseUntil: null,
        cancelRequested: 0,
      })
      .execute();
  },

  async claim(trx, claim) {
    const before = await claimedBefore(trx, claim);
    if (before) return { item: before, repeated: true };
    const { rows } = await claimStatement(claim).execute(trx);
    const seq = rows[0]?.seq;
    if (seq === undefined) return undefined;
    const item = await trx
      .selectFrom('CamWorkItem')
      .selectAll()
      .where('seq', '=', seq)
      .executeTakeFirstOrThrow();
    return { item, repeated: false };
  },

  async heartbeat(trx, { attemptId, fence, workstation }, leaseUntil) {
    const row = await trx
      .updateTable('CamWorkItem')
      .set({ leaseUntil })
      .where('attemptId', '=', attemptId)
      .where('fence', '=', fence)
      .where('workstation', '=', workstation)
      .where('state', '=', 'Claimed')
      .returning('cancelRequested')
      .executeTakeFirst();
    return row && { cancelRequested: row.cancelRequested !== 0 };
  },

  async finish(trx, attemptId, fence) {
    const { numDeletedRows } = await trx
      .deleteFrom('CamWorkItem')
      .where('attemptId', '=', attemptId)
      .where('fence', '=', fence)
      .where('state', '=', 'Claimed')
      .executeTakeFirst();
    return numDeletedRows > 0n;
  },
};

function claimedBefore(trx: Queries, claim: Claim): Promise<WorkItem | undefined> {
  return trx
    .selectFrom('CamWorkItem')
    .selectAll()
    .where('claimId', '=', claim.claimId)
    .where('workstation', '=', claim.workstation)
    .where('state', '=', 'Claimed')
    .executeTakeFirst();
}

/** The one statement that hands out work. */
export function claimStatement(claim: Claim): RawBuilder<{ seq: number }> {
  const apps = sql.join(
    claim.applications.map((application) => bound('CamWorkItem.application', application)),
  );
  const { now, workstation, claimId, leaseUntil } = claim;
  return sql<{ seq: number }>`update CamWorkItem
    set state = 'Claimed', workstation = ${bound('CamWorkItem.workstation', workstation)},
      claimId = ${bound('CamWorkItem.claimId', claimId)}, leaseUntil = ${bound('CamWorkItem.leaseUntil', leaseUntil)}
    where seq = (
      select seq from CamWorkItem
      where state = 'Waiting' and cancelRequested = 0 and notBefore <= ${bound('CamWorkItem.notBefore', now)} and application in (${apps})
      order by priority desc, seq limit 1
    )
    returning seq`;
}
