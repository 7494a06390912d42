import { type WorkQueue, workQueueOf as real } from '../../../../shared/cam-commands/work-queue.ts';

export * from '../../../../shared/cam-commands/work-queue.ts';

/** Sabotage: the claim does not look whether somebody else holds the item. */
export const workQueueOf: typeof real = (database) => {
  const queue = real(database);
  const claim: WorkQueue['claim'] = async (trx, wanted) => {
    const held = await trx
      .selectFrom('CamWorkItem')
      .select('seq')
      .where('state', '=', 'Claimed')
      .where('workstation', '!=', wanted.workstation)
      .orderBy('seq')
      .executeTakeFirst();
    if (held)
      await trx.updateTable('CamWorkItem').set({ state: 'Waiting' }).where('seq', '=', held.seq).execute();
    return queue.claim(trx, wanted);
  };
  return { ...queue, claim };
};
