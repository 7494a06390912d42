import type { QueueSender } from '../messaging/index.ts';
import { createLogger } from '../telemetry/index.ts';
import type { DispatchMessage } from './contracts.ts';

export const DISPATCH_QUEUE = 'esprit-dispatch';
const log = createLogger('cam-commands');

/** Rings once for every agent that listens (`createBellCount`): all of them may hear of the work, not only one that may not take it. */
export async function ringBells(
  sender: QueueSender,
  work: { readonly workItemId: string; readonly application: string },
  bells: number,
): Promise<void> {
  await Promise.all(Array.from({ length: bells }, () => ringBell(sender, work)));
}

/** Tells an agent that there is work. A bell that is not heard costs a few seconds: the sweeper rings again. */
export async function ringBell(
  sender: QueueSender,
  work: { readonly workItemId: string; readonly application: string },
): Promise<void> {
  const body: DispatchMessage = {
    schemaVersion: 1,
    workItemId: work.workItemId,
    application: work.application as DispatchMessage['application'],
  };
  try {
    await sender.send(DISPATCH_QUEUE, { body, messageId: work.workItemId });
  } catch (error) {
    log.warn('the bell did not ring; the work sweeper rings again', { workItemId: work.workItemId, error });
  }
}
