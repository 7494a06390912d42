import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import {
  isServiceBusError,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';

export type Settlement = 'complete' | 'abandon';

export interface Settler {
  /**
   * Tries until it is done, `untilMs` (epoch) has come, or the message is no longer locked for this host. Rejects with the last
   * error then: the message comes again when its lock ends.
   */
  settle(message: ServiceBusReceivedMessage, how: Settlement, untilMs: number): Promise<void>;
}

export interface SettlerOptions {
  /** The receiver that the messages come by. */
  readonly receiver: ServiceBusReceiver;
  /** A receiver of another client for the same queue. */
  readonly other: ServiceBusReceiver;
  /** Ends all tries. */
  readonly closed: AbortSignal;
}

const PAUSE_MS = 500;

/**
 * Settles on the link the message came by and, if that fails, by lock token over the management link of `other`: when a
 * connection breaks, the SDK leaves settlements under way unanswered and may mistake new ones for them, although the message is
 * still locked for this host.
 *
 * One settlement a turn of the event loop: rhea merges dispositions of neighbouring deliveries written in one turn without
 * comparing them, and an abandoned message would be completed with its neighbour (tests/contract/service-bus/sdk-faults.test.ts).
 */
export function createSettler({ receiver, other, closed }: SettlerOptions): Settler {
  let turn: Promise<unknown> = Promise.resolve();
  const by = async (
    one: ServiceBusReceiver,
    message: ServiceBusReceivedMessage,
    how: Settlement,
  ): Promise<void> => {
    turn = turn.then(() => nextTurn());
    await turn;
    return how === 'complete' ? one.completeMessage(message) : one.abandonMessage(message);
  };
  return {
    async settle(message, how, untilMs) {
      for (let way = receiver; ; way = other) {
        try {
          return await by(way, message, how);
        } catch (error) {
          const isLockLost = isServiceBusError(error) && error.code === 'MessageLockLost';
          if (isLockLost || closed.aborted || Date.now() + PAUSE_MS >= untilMs) throw error;
        }
        if (way === other) await delay(PAUSE_MS, undefined, { signal: closed });
      }
    },
  };
}
