import { prepareRunFolder as real } from '../../../../cmdhost/run/work-folder.ts';
import { slowly } from './slowly.ts';

export * from '../../../../cmdhost/run/work-folder.ts';

/** Claimed: the journal knows the attempt, ESPRIT has not been started. */
export const prepareRunFolder: typeof real = async (...given) => {
  await slowly();
  return real(...given);
};
