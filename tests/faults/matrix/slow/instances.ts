import {
  instanceState as realState,
  raiseEvent as realRaise,
} from '../../../../functions/messaging/instances.ts';
import { slowly } from './slowly.ts';

export * from '../../../../functions/messaging/instances.ts';

/** Accepted: the message was delivered and no orchestration has been started. */
export const instanceState: typeof realState = async (...given) => {
  await slowly();
  return realState(...given);
};

/** Reported: the result was delivered and the orchestration has not been told. */
export const raiseEvent: typeof realRaise = async (client, event) => {
  if (event.eventName.startsWith('result.')) await slowly();
  return realRaise(client, event);
};
