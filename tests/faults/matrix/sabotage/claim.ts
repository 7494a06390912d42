import { type WorkQueue, workQueueOf as real } from '../../../../shared/cam-commands/work-queue.ts';

export * from '../../../../shared/cam-commands/work-queue.ts';

/** Each is taken away once: else two workstations take it from each other without end, and nobody ever starts it. */
const taken = new Set<string>();

/** Sabotage: the claim does not look whether somebody else holds the item, and has started it. */
export const workQueueOf: typeof real = (database) => {
  const queue = real(database);
  const claim: WorkQueue['claim'] = async (trx, wanted) => {
    const running = await trx
      .selectFrom('CamWorkItem')
      .innerJoin('CamCommandAttempt', 'CamCommandAttempt.attemptId', 'CamWorkItem.attemptId')
      .select(['CamWorkItem.seq', 'CamWorkItem.attemptId'])
      .where('CamWorkItem.state', '=', 'Claimed')
      .where('CamWorkItem.workstation', '!=', wanted.workstation)
      .where('CamCommandAttempt.startedAt', 'is not', null)
      .orderBy('CamWorkItem.seq')
      .execute();
    const held = running.find(({ attemptId }) => !taken.has(attemptId));
    if (held) {
      taken.add(held.attemptId);
      await trx.updateTable('CamWorkItem').set({ state: 'Waiting' }).where('seq', '=', held.seq).execute();
    }
    return queue.claim(trx, wanted);
  };
  return { ...queue, claim };
};
