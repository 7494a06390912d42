import {
  mayBegin as realMayBegin,
  raiseEvent as realRaise,
} from '../../../../functions/messaging/instances.ts';
import { slowly } from './slowly.ts';

export * from '../../../../functions/messaging/instances.ts';

/** Accepted: the message was delivered and no orchestration has been started. */
export const mayBegin: typeof realMayBegin = async (...given) => {
  await slowly();
  return realMayBegin(...given);
};

/** Reported: the result was delivered and the orchestration has not been told. */
export const raiseEvent: typeof realRaise = async (client, event) => {
  if (event.eventName.startsWith('result.')) await slowly();
  return realRaise(client, event);
};
