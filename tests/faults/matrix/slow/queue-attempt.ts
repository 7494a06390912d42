import { enqueueAttempt as real } from '../../../../shared/cam-commands/queue-attempt.ts';
import { slowly } from './slowly.ts';

export * from '../../../../shared/cam-commands/queue-attempt.ts';

/** Begun: the orchestration runs and there is no work item. */
export const enqueueAttempt: typeof real = async (...given) => {
  await slowly();
  return real(...given);
};
