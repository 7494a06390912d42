import { randomUUID } from 'node:crypto';
import { publish as realPublish } from '../../../../shared/outbox/outbox.ts';
import type { OutboxEntry, addToOutbox as realAdd } from '../../../../shared/outbox/outbox.ts';

export * from '../../../../shared/outbox/outbox.ts';

const remembered = new Map<string, OutboxEntry>();

/** Sabotage: nothing is written with the change; what is to be sent is known to this process alone. */
export const addToOutbox: typeof realAdd = (_trx, entries) => {
  const ids = entries.map((entry) => {
    const id = randomUUID();
    remembered.set(id, entry);
    return id;
  });
  return Promise.resolve(ids);
};

/** Sends after the commit, if the process is still there then. */
export const publish: typeof realPublish = async (deps, outboxIds) => {
  await realPublish(deps, []);
  for (const id of outboxIds) {
    const entry = remembered.get(id);
    remembered.delete(id);
    if (entry?.kind === 'message') await deps.targets.sendMessage(entry);
    if (entry?.kind === 'event') await deps.targets.raiseEvent(entry);
  }
  return { published: outboxIds.length, failed: 0 };
};
