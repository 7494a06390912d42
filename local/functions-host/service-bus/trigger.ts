import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus';
import type { HostFunction } from '../app.ts';
import { asError, FunctionTimeoutError, HostStartError } from '../errors.ts';
import type { HostJson } from '../host-json.ts';
import { createGate } from '../gate.ts';
import type { Runtime } from '../runtime.ts';
import { resolveSettings, type Settings } from '../settings.ts';
import { traceContextOf } from '../trace-context.ts';
import type { ServiceBusConnections } from './connections.ts';
import { createFaultReporter } from './fault-reporter.ts';
import { keepLocked } from './lock-renewal.ts';
import { bodyData, triggerMetadata } from './message.ts';
import { createSettler, type Settlement, type Settler } from './settle.ts';

export interface QueueTriggerOptions {
  readonly runtime: Runtime;
  readonly settings: HostJson['extensions']['serviceBus'];
  readonly env: Settings;
  readonly connections: ServiceBusConnections;
}

/** A queue being listened to. */
export interface QueueListener {
  /** Asks the broker for no more; messages in work go on and are still settled. */
  stopAccepting(): Promise<void>;
  close(): Promise<void>;
}

/** What a queue trigger's binding says; throws HostStartError for what this host does not offer. */
function readBinding(fn: HostFunction, env: Settings): { queue: string; connection: string } {
  const { queueName, topicName, isSessionsEnabled, cardinality, sdkBinding, connection } =
    fn.trigger.settings;
  const refuse = (what: string): never => {
    throw new HostStartError(`function "${fn.name}": serviceBusTrigger: ${what}`);
  };
  if (topicName !== undefined) refuse('topics are not supported; use a queue');
  if (isSessionsEnabled === true) refuse('sessions are not supported');
  if (cardinality === 'many') refuse('cardinality "many" is not supported; use "one"');
  if (sdkBinding === true) refuse('sdkBinding is not supported');
  if (typeof queueName !== 'string' || queueName === '') return refuse('queueName is missing');
  return {
    queue: resolveSettings(queueName, env, fn.name),
    connection: typeof connection === 'string' ? connection : 'AzureWebJobsServiceBus',
  };
}

/** Checks a function's binding and its connection setting, so that a wrong one stops the start. */
export async function prepareQueueTrigger(
  fn: HostFunction,
  options: QueueTriggerOptions,
): Promise<() => QueueListener> {
  const { queue, connection } = readBinding(fn, options.env);
  const receiving = await options.connections.client(connection, 'receive', fn.name);
  const requesting = await options.connections.client(connection, 'request', fn.name);
  return () => listen(fn, queue, { ...options, receiving, requesting });
}

function listen(
  fn: HostFunction,
  queue: string,
  options: QueueTriggerOptions & { receiving: ServiceBusClient; requesting: ServiceBusClient },
): QueueListener {
  const { runtime, settings, receiving, requesting } = options;
  const faults = createFaultReporter(runtime.log, `${fn.name}: queue ${queue}`);
  const receiver = receiving.createReceiver(queue, {
    receiveMode: 'peekLock',
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  });
  const closed = new AbortController();
  const autoComplete = fn.trigger.settings['autoCompleteMessages'] ?? settings.autoCompleteMessages;
  const settler = createSettler({ receiver, other: requesting.createReceiver(queue), closed: closed.signal });
  const consumer: Consumer = { fn, runtime, settler, autoComplete: autoComplete !== false };
  // The SDK's receiver has credit for what it handles and no prefetch of its own: the messages beyond the concurrent ones wait
  // here, locked, as prefetched ones do on Azure.
  const gate = createGate(settings.maxConcurrentCalls, -1);
  let suspended: Promise<void> | undefined;
  const processMessage = async (message: ServiceBusReceivedMessage): Promise<void> => {
    faults.recovered();
    const unlock = keepLocked({
      receiver,
      message,
      maxDurationMs: settings.maxAutoLockRenewalDuration,
      onError: (error) => faults.report(error),
    });
    await gate.enter();
    let outcome: Outcome = { settlement: 'abandon' };
    try {
      if (!suspended) outcome = await handleMessage(consumer, message);
      // Given back before the credit is gone, the message would come straight to this host again.
      else await suspended;
    } finally {
      unlock();
      gate.leave();
    }
    await settle(consumer, message, outcome);
    runtime.endIfTimedOut(outcome.error);
  };
  const subscription = receiver.subscribe(
    {
      processMessage: (message) => runtime.track(processMessage(message)),
      processError: async ({ error }) => faults.report(error),
    },
    {
      autoCompleteMessages: false,
      maxConcurrentCalls: settings.maxConcurrentCalls + settings.prefetchCount,
    },
  );
  return {
    stopAccepting: () => (suspended ??= subscription.close()),
    async close() {
      closed.abort();
      await receiver.close();
    },
  };
}

interface Consumer {
  readonly fn: HostFunction;
  readonly runtime: Runtime;
  readonly settler: Settler;
  readonly autoComplete: boolean;
}

interface Outcome {
  /** Undefined leaves the message locked, for the app to settle by itself or its lock to end. */
  readonly settlement: Settlement | undefined;
  readonly error?: unknown;
}

/** Runs the function for one message. Never rejects. */
async function handleMessage(
  { fn, runtime, autoComplete }: Consumer,
  message: ServiceBusReceivedMessage,
): Promise<Outcome> {
  try {
    await runtime.invoke(fn, {
      data: bodyData(message),
      triggerMetadata: triggerMetadata(message),
      traceContext: traceContextOf(
        message.applicationProperties?.['Diagnostic-Id'],
        message.applicationProperties?.['tracestate'],
      ),
    });
    return { settlement: autoComplete ? 'complete' : undefined };
  } catch (error) {
    return { settlement: 'abandon', error };
  }
}

/** A message that cannot be settled comes again when its lock ends; that is reported, once, and no reason to stop. */
async function settle(
  { fn, settler, runtime }: Consumer,
  message: ServiceBusReceivedMessage,
  { settlement, error: cause }: Outcome,
): Promise<void> {
  if (!settlement) return;
  // A process that is about to end for a time-out has no time to wait for a broker.
  const untilMs = cause instanceof FunctionTimeoutError ? 0 : (message.lockedUntilUtc?.getTime() ?? 0);
  try {
    await settler.settle(message, settlement, untilMs);
  } catch (error) {
    const id = String(message.messageId);
    runtime.log.write({
      level: 'warning',
      functionName: fn.name,
      message: `could not ${settlement} message ${id}: ${asError(error).message}`,
    });
  }
}
