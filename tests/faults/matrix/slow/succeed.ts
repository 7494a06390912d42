import { concludeSucceeded as real } from '../../../../shared/cam-commands/succeed.ts';
import { slowly } from './slowly.ts';

export * from '../../../../shared/cam-commands/succeed.ts';

/** Concluding: the orchestration has the result, the tables do not. */
export const concludeSucceeded: typeof real = async (...given) => {
  await slowly();
  return real(...given);
};
