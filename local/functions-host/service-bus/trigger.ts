import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { HostFunction } from '../app.ts';
import { asError, HostStartError } from '../errors.ts';
import type { HostJson } from '../host-json.ts';
import { createGate } from '../http/gate.ts';
import type { Runtime } from '../runtime.ts';
import { resolveSettings, type Settings } from '../settings.ts';
import { traceContextOf } from '../trace-context.ts';
import type { ServiceBusConnections } from './connections.ts';
import { createFaultReporter, type FaultReporter } from './fault-reporter.ts';
import { keepLocked } from './lock-renewal.ts';
import { bodyData, triggerMetadata } from './message.ts';

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
  const client = await options.connections.client(connection, fn.name);
  return () => listen(fn, queue, { ...options, client });
}

function listen(
  fn: HostFunction,
  queue: string,
  options: QueueTriggerOptions & { client: ServiceBusClient },
): QueueListener {
  const { runtime, settings, client } = options;
  const faults = createFaultReporter(runtime.log, `${fn.name}: queue ${queue}`);
  const receiver = client.createReceiver(queue, {
    receiveMode: 'peekLock',
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: 0,
  });
  const autoComplete = fn.trigger.settings['autoCompleteMessages'] ?? settings.autoCompleteMessages;
  const consumer: Consumer = { fn, runtime, receiver, faults, autoComplete: autoComplete !== false };
  // The SDK's receiver has credit for what it handles and no prefetch of its own: the messages beyond the concurrent ones wait
  // here, locked, as prefetched ones do on Azure.
  const gate = createGate(settings.maxConcurrentCalls, -1);
  let accepting = true;
  const processMessage = async (message: ServiceBusReceivedMessage): Promise<void> => {
    faults.recovered();
    const unlock = keepLocked({
      receiver,
      message,
      maxDurationMs: settings.maxAutoLockRenewalDuration,
      onError: (error) => faults.report(error),
    });
    await gate.enter();
    try {
      if (accepting) await handleMessage(consumer, message);
      else await settle(consumer, message, 'abandon');
    } finally {
      unlock();
      gate.leave();
    }
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
    async stopAccepting() {
      accepting = false;
      await subscription.close();
    },
    close: () => receiver.close(),
  };
}

interface Consumer {
  readonly fn: HostFunction;
  readonly runtime: Runtime;
  readonly receiver: ServiceBusReceiver;
  readonly faults: FaultReporter;
  readonly autoComplete: boolean;
}

/** Runs the function for one message and settles it. Never rejects. */
async function handleMessage(consumer: Consumer, message: ServiceBusReceivedMessage): Promise<void> {
  const { fn, runtime } = consumer;
  try {
    await runtime.invoke(fn, {
      data: bodyData(message),
      triggerMetadata: triggerMetadata(message),
      traceContext: traceContextOf(
        message.applicationProperties?.['Diagnostic-Id'],
        message.applicationProperties?.['tracestate'],
      ),
    });
  } catch (error) {
    await settle(consumer, message, 'abandon');
    runtime.endIfTimedOut(error);
    return;
  }
  if (consumer.autoComplete) await settle(consumer, message, 'complete');
}

/** A message that cannot be settled comes again when its lock ends; that is reported, once, and no reason to stop. */
async function settle(
  { fn, receiver, runtime }: Consumer,
  message: ServiceBusReceivedMessage,
  how: 'complete' | 'abandon',
): Promise<void> {
  try {
    if (how === 'complete') await receiver.completeMessage(message);
    else await receiver.abandonMessage(message);
  } catch (error) {
    const id = String(message.messageId);
    runtime.log.write({
      level: 'warning',
      functionName: fn.name,
      message: `could not ${how} message ${id}: ${asError(error).message}`,
    });
  }
}
