import type { QueueSender } from '../messaging/index.ts';
import { createLogger } from '../telemetry/index.ts';
import type { DispatchMessage } from './contracts.ts';

export const DISPATCH_QUEUE = 'esprit-dispatch';
/**
 * A bell says nothing that the next one does not say as well, and the sweeper rings every 10 s for what still waits. Those that nobody
 * could hear, because all seats were taken, would otherwise all be answered by a claim in vain once the work is done.
 */
export const BELL_LIFETIME_MS = 30_000;
const log = createLogger('cam-commands');

/** Rings once for every agent that listens (`createBellCount`): all of them may hear of the work, not only one that may not take it. */
export async function ringBells(
  sender: QueueSender,
  work: { readonly workItemId: string; readonly application: string },
  bells: number,
): Promise<void> {
  await ringEach(
    sender,
    Array.from({ length: bells }, () => work),
  );
}

/** Rings these bells, all at once: a broker that does not answer costs one time-out, not one a bell. */
export async function ringEach(
  sender: QueueSender,
  bells: readonly { readonly workItemId: string; readonly application: string }[],
): Promise<void> {
  await Promise.all(bells.map((bell) => ringBell(sender, bell)));
}

/** Tells an agent that there is work. A bell that is not heard costs a few seconds: the sweeper rings again. */
async function ringBell(
  sender: QueueSender,
  work: { readonly workItemId: string; readonly application: string },
): Promise<void> {
  const body: DispatchMessage = {
    schemaVersion: 1,
    workItemId: work.workItemId,
    application: work.application as DispatchMessage['application'],
  };
  try {
    await sender.send(DISPATCH_QUEUE, {
      body,
      messageId: work.workItemId,
      timeToLiveMs: BELL_LIFETIME_MS,
    });
  } catch (error) {
    log.warn('the bell did not ring; the work sweeper rings again', { workItemId: work.workItemId, error });
  }
}
