import { publish as real } from '../../../../shared/outbox/outbox.ts';
import { slowly } from './slowly.ts';

export * from '../../../../shared/outbox/outbox.ts';

/** Accepted: the entry is committed and not yet published. */
export const publish: typeof real = async (...given) => {
  await slowly();
  return real(...given);
};
