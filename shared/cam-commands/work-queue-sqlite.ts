import { type RawBuilder, sql } from 'kysely';
import { bound } from '../data/index.ts';
import type { NewWorkItem, WorkQueue } from './work-queue.ts';

/** SQLite has one writer: nothing comes between the statements of a transaction, and there is nothing to lock. */
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
        turn: turnOf(item),
      })
      .returning('seq')
      .execute();
  },

  findClaim: (trx, { claimId, workstation }) =>
    trx
      .selectFrom('CamWorkItem')
      .selectAll()
      .where('claimId', '=', claimId)
      .where('workstation', '=', workstation)
      .where('state', '=', 'Claimed')
      .executeTakeFirst(),

  claim: (trx, { seq, claimId, workstation, leaseUntil }) =>
    trx
      .updateTable('CamWorkItem')
      .set({ state: 'Claimed', workstation, claimId, leaseUntil })
      .where('seq', '=', seq)
      .where('state', '=', 'Waiting')
      .where('cancelRequested', '=', 0)
      .returningAll()
      .executeTakeFirst(),

  lock: () => Promise.resolve(),

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

/** One behind the person's last item of the application that waits at this priority; else the round under way there; else the first. */
export function turnOf({
  application,
  requestedBy,
  priority,
}: Pick<NewWorkItem, 'application' | 'requestedBy' | 'priority'>) {
  const [program, person, level] = [
    bound('CamWorkItem.application', application),
    bound('CamWorkItem.requestedBy', requestedBy),
    bound('CamWorkItem.priority', priority),
  ];
  return sql`coalesce(
    (select max(turn) + 1 from CamWorkItem where state = 'Waiting' and application = ${program} and requestedBy = ${person} and priority = ${level}),
    (select min(turn) from CamWorkItem where state = 'Waiting' and application = ${program} and priority = ${level}),
    0)` as RawBuilder<number>;
}
