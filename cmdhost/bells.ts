import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { inSpan, type Logger } from '../shared/telemetry/index.ts';
import type { ClaimLoop } from './claim-loop.ts';
import { backoffMs, pause, UNTIL_IT_WORKS } from './retry.ts';

export const BELL_QUEUE = 'esprit-dispatch';

export interface BellListener {
  stop(): Promise<void>;
}

export interface BellOptions {
  readonly client: ServiceBusClient;
  readonly claims: ClaimLoop;
  readonly log: Logger;
}

/** One receive call at most this long; only bounds how long a silent link goes unnoticed. */
const RECEIVE_WAIT_MS = 60_000;

/**
 * Hears bells, one at a time, while a seat is free: with none, it stops receiving and other agents hear them. A bell is completed
 * once the claim it caused was answered, never held for a run; one that comes too late for a seat goes back at once.
 */
export function startBellListener({ client, claims, log }: BellOptions): BellListener {
  const stopped = new AbortController();
  let receiver: ServiceBusReceiver | undefined;

  const open = (): ServiceBusReceiver => {
    if (!receiver || receiver.isClosed)
      receiver = client.createReceiver(BELL_QUEUE, { receiveMode: 'peekLock' });
    return receiver;
  };

  const close = async (): Promise<void> => {
    const closing = receiver;
    receiver = undefined;
    await closing
      ?.close()
      .catch((error: unknown) => log.debug('a receiver did not close cleanly', { error }));
  };

  const hear = async (): Promise<void> => {
    await claims.untilListening(stopped.signal);
    const current = open();
    const full = new AbortController();
    const forget = claims.onFull(() => full.abort());
    try {
      const bells = await current.receiveMessages(1, {
        maxWaitTimeInMs: RECEIVE_WAIT_MS,
        // Closing alone does not end a call under way.
        abortSignal: AbortSignal.any([stopped.signal, full.signal]),
      });
      for (const bell of bells) await answer(bell, current);
    } catch (error) {
      if (!full.signal.aborted) throw error;
      // Credit that stands on an open link would lock a bell that this agent cannot use.
      await close();
    } finally {
      forget();
    }
  };

  const answer = async (bell: ServiceBusReceivedMessage, from: ServiceBusReceiver): Promise<void> => {
    const parent = bell.applicationProperties?.['Diagnostic-Id'];
    await inSpan(
      'receive bell',
      {
        kind: 'consumer',
        operationKey: 'agent.claim',
        parent: typeof parent === 'string' ? parent : undefined,
        attributes: { 'messaging.delivery_count': bell.deliveryCount ?? 0 },
      },
      async () => {
        const heard = await claims.ring();
        await (heard === 'asked' ? from.completeMessage(bell) : from.abandonMessage(bell));
      },
    );
  };

  const loop = async (): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted;) {
      try {
        await hear();
        failures = 0;
      } catch (error) {
        if (stopped.signal.aborted) return;
        failures += 1;
        if (failures === 1) log.warn('bells cannot be heard just now; the idle poll goes on', { error });
        await close();
        await pause(backoffMs(failures, UNTIL_IT_WORKS), stopped.signal).catch(() => undefined);
      }
    }
  };

  const running = loop();
  return {
    stop: async () => {
      stopped.abort();
      await running;
      await close();
    },
  };
}
