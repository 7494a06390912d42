import { uploadOutputs as real } from '../../../../cmdhost/run/outputs.ts';
import { slowly } from './slowly.ts';

export * from '../../../../cmdhost/run/outputs.ts';

/** Uploading: ESPRIT has ended, its files are on their way. */
export const uploadOutputs: typeof real = async (...given) => {
  await slowly();
  return real(...given);
};
