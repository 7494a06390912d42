import type { QueueSender } from '../shared/messaging/index.ts';
import { inSpan, type Logger } from '../shared/telemetry/index.ts';
import type { Journal } from './journal.ts';
import { backoffMs, pause, UNTIL_IT_WORKS } from './retry.ts';

export const RESULT_QUEUE = 'esprit-results';

export interface ResultSender {
  /** There is a result in the journal to be sent. */
  wake(): void;
  /** Resolves once all that the journal holds now is sent. */
  flush(): Promise<void>;
  /** Ends after the message under way, if any; what is left stays in the journal. */
  stop(): Promise<void>;
}

export interface ResultSenderOptions {
  readonly journal: Journal;
  readonly sender: QueueSender;
  readonly log: Logger;
  readonly onReported: (attemptId: string) => void;
}

/**
 * Sends results from the journal, oldest first, until the broker has taken each: at least once, as a crash between sending and
 * noting it sends again. The reader knows an attempt by its id.
 */
export function startResultSender({ journal, sender, log, onReported }: ResultSenderOptions): ResultSender {
  const stopped = new AbortController();
  let awake: PromiseWithResolvers<void> = Promise.withResolvers();
  let flushes: (() => void)[] = [];

  const sendAll = async (): Promise<void> => {
    for (const { result, traceparent } of journal.unsent()) {
      if (stopped.signal.aborted) return;
      const { attemptId, commandId, kind } = result;
      await inSpan(
        'report result',
        { kind: 'producer', operationKey: 'command.result', parent: traceparent },
        async () => sender.send(RESULT_QUEUE, { body: result, messageId: attemptId }),
      );
      journal.reported(attemptId);
      log.info('result reported', { attemptId, commandId, kind });
      onReported(attemptId);
    }
  };

  const loop = async (): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted;) {
      try {
        awake = Promise.withResolvers();
        const waiting = flushes;
        await sendAll();
        flushes = flushes.filter((resolve) => !waiting.includes(resolve));
        for (const resolve of waiting) resolve();
        failures = 0;
        if (!stopped.signal.aborted) await awake.promise;
      } catch (error) {
        failures += 1;
        log.warn('a result could not be sent; it stays in the journal and is sent again', {
          failures,
          error,
        });
        await pause(backoffMs(failures, UNTIL_IT_WORKS), stopped.signal).catch(() => undefined);
      }
    }
  };

  const running = loop();
  return {
    wake: () => awake.resolve(),
    flush: async () => {
      const sent = new Promise<void>((resolve) => {
        flushes = [...flushes, resolve];
      });
      awake.resolve();
      await sent;
    },
    stop: async () => {
      stopped.abort();
      awake.resolve();
      await running;
    },
  };
}
