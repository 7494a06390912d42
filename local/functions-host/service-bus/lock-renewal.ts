import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';

/** Renewed this long before the lock ends, or half-way for short locks. */
const HEAD_START_MS = 10_000;

export interface LockRenewal {
  readonly receiver: ServiceBusReceiver;
  readonly message: ServiceBusReceivedMessage;
  /** host.json `maxAutoLockRenewalDuration`: no renewal after this time. */
  readonly maxDurationMs: number;
  /** Told once when a renewal fails; then the lock is left to end, and settling will say so. */
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps a message locked until the returned function is called. The SDK's own renewal is not used: it goes on after the
 * handler, until the message is settled, and mixes up two messages in work that have the same messageId.
 */
export function keepLocked({ receiver, message, maxDurationMs, onError }: LockRenewal): () => void {
  const endMs = Date.now() + maxDurationMs;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const renew = async (): Promise<void> => {
    try {
      await receiver.renewMessageLock(message);
      schedule();
    } catch (error) {
      if (!stopped) onError(error);
    }
  };
  const schedule = (): void => {
    const lockedUntilMs = message.lockedUntilUtc?.getTime();
    if (stopped || lockedUntilMs === undefined || lockedUntilMs >= endMs) return;
    const leftMs = Math.max(0, lockedUntilMs - Date.now());
    timer = setTimeout(() => void renew(), leftMs - Math.min(HEAD_START_MS, leftMs / 2));
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
