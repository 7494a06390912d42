import { randomUUID } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { until } from './stack.ts';

/** How long a producer goes on trying to get one message to a broker that is being killed. */
const SEND_LIMIT_MS = 60_000;
/** The SDK may wait for ever on a link that it opened while its connection broke. */
const TRY_LIMIT_MS = 4_000;

export interface Producer extends AsyncDisposable {
  /** Puts a GenerateNcProgram on esprit-commands, repeating it until the broker has taken it; returns its id. */
  send(routingId: string, simulation: object): Promise<string>;
}

/** An outside producer that knows of nothing but Service Bus. */
export function openProducer(connection: string): Producer {
  const bus = new ServiceBusClient(connection, {
    retryOptions: { timeoutInMs: 3_000, maxRetries: 0 },
  });
  const sender = bus.createSender('esprit-commands');
  return {
    async send(routingId, simulation) {
      const commandId = randomUUID();
      const body = {
        schemaVersion: 1,
        commandId,
        application: 'esprit',
        commandType: 'GenerateNcProgram',
        routingId,
        parameters: { simulation },
        requestedBy: 'erp@shop.example',
        requestedAt: new Date().toISOString(),
      };
      let problem: unknown;
      await until(
        async () => {
          try {
            const abortSignal = AbortSignal.timeout(TRY_LIMIT_MS);
            await sender.sendMessages({ body, messageId: commandId }, { abortSignal });
            return true;
          } catch (error) {
            problem = error;
            return false;
          }
        },
        () => `the broker to take a message; its last answer was ${told(problem)}`,
        SEND_LIMIT_MS,
      );
      return commandId;
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
}

/** The SDK's error after its retries holds those of the tries. */
function told(problem: unknown): string {
  return problem instanceof AggregateError ? problem.errors.map(String).join('; ') : String(problem);
}
