import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';

const OPEN_STATUSES: ReadonlySet<string> = new Set(['Pending', 'Running', 'Suspended', 'ContinuedAsNew']);

/** Whether an orchestration exists and may still take events. */
export async function instanceState(
  client: DurableClient,
  instanceId: string,
): Promise<'open' | 'ended' | 'unknown'> {
  const status = await statusOf(client, instanceId);
  if (!status) return 'unknown';
  return OPEN_STATUSES.has(status.runtimeStatus) ? 'open' : 'ended';
}

/**
 * Whether a message may begin the run of this name: there is no orchestration of it, or one that rejected its message and made
 * nothing of it (its cause may be gone, and the message is sent or resubmitted again).
 */
export async function mayBegin(client: DurableClient, instanceId: string): Promise<boolean> {
  const status = await statusOf(client, instanceId);
  if (!status) return true;
  const { runtimeStatus, output } = status;
  const ended = !OPEN_STATUSES.has(runtimeStatus);
  return ended && typeof output === 'object' && output !== null && 'rejected' in output;
}

/** Undefined when there is no such instance. */
async function statusOf(
  client: DurableClient,
  instanceId: string,
): Promise<DurableOrchestrationStatus | undefined> {
  try {
    return await client.getStatus(instanceId);
  } catch (error) {
    // The client tells an unknown instance by an error with the status in it.
    if (error instanceof Error && error.message.includes('HTTP 404')) return undefined;
    throw error;
  }
}

/** Raises an event; `unknown` when there is no such instance (yet). One that has ended takes it without effect. */
export async function raiseEvent(
  client: DurableClient,
  event: { readonly instanceId: string; readonly eventName: string; readonly data: unknown },
): Promise<'raised' | 'unknown'> {
  try {
    await client.raiseEvent(event.instanceId, event.eventName, event.data);
    return 'raised';
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('No instance with ID')) return 'unknown';
    throw error;
  }
}
