import {
  concludeCancelled as realCancelled,
  concludeFailed as realFailed,
  concludeRetry as realRetry,
} from '../../../../shared/cam-commands/conclude.ts';
import { slowly } from './slowly.ts';

export * from '../../../../shared/cam-commands/conclude.ts';

/** Concluding: the orchestration has the result, the tables do not. */
export const concludeCancelled: typeof realCancelled = async (...given) => {
  await slowly();
  return realCancelled(...given);
};
export const concludeFailed: typeof realFailed = async (...given) => {
  await slowly();
  return realFailed(...given);
};
export const concludeRetry: typeof realRetry = async (...given) => {
  await slowly();
  return realRetry(...given);
};
