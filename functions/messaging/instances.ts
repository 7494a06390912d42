import type { DurableClient } from 'durable-functions';

/** True when the orchestration exists, in whatever state. The client tells an unknown instance by an error with the status in it. */
export async function instanceExists(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    await client.getStatus(instanceId);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('HTTP 404')) return false;
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
