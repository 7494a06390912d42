import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import rhea from 'rhea';
import type { Connection, Message } from 'rhea';
import { deadLetterRoutes } from '../../../functions/http/dead-letters.ts';
import type { Database } from '../../../shared/data/index.ts';
import { createPipeline } from '../../../shared/http/index.ts';
import { createDeadLetters } from '../../../shared/messaging/index.ts';
import { queues } from '../../../shared/dead-letters/index.ts';
import { createTestDatabase } from '../../support/database.ts';
import { type Reply, call, principal, tokensOf } from '../../support/http-pipeline.ts';
import { openLocalNamespace, receive } from '../service-bus/namespace.ts';
import type { QueueDefinition, TestNamespace } from '../service-bus/namespace.ts';

const AT = '2026-03-02T08:00:00.000Z';

/** Dead letters of a broker, behind the real pipeline. */
export interface DeadLetterRig {
  readonly namespace: TestNamespace;
  readonly database: Database;
  /** Of the database. */
  readonly connection: string;
  get(path: string, as?: string): Promise<Reply>;
  post(path: string, reason?: string): Promise<Reply>;
  /** Puts `count` messages that stand in `queue` on its dead-letter queue. */
  bury(queue: string, count: number): Promise<void>;
  /** Sends a message made of AMQP values that the SDK has no words for. */
  sendRaw(queue: string, message: Message): Promise<void>;
  close(): Promise<void>;
}

const COMMANDS: QueueDefinition = {
  name: 'esprit-commands',
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: 'PT10M',
};

export async function openDeadLetterRig(): Promise<DeadLetterRig> {
  const namespace = await openLocalNamespace(
    COMMANDS,
    ...queues.filter((name) => name !== COMMANDS.name).map((name) => ({ name })),
  );
  const { connection, database } = await createTestDatabase();
  const deadLetters = createDeadLetters({
    client: namespace.client,
    settings: { connectionString: namespace.connectionString },
  });
  const clock = { now: () => new Date(AT) };
  const routes = deadLetterRoutes({ database, deadLetters, clock });
  const authenticator = tokensOf({
    operator: principal('operator', 'Mcms.Operator'),
    engineer: principal('engineer', 'Mcms.Engineer'),
  });
  const pipeline = createPipeline({ authenticator, clock, checkResponses: true });
  const send = async (method: 'GET' | 'POST', path: string, as: string, json?: unknown): Promise<Reply> => {
    const [, queue, sequenceNumber, action] = (path.split('?')[0] ?? '').split('/');
    const wanted = `dead-letters${queue ? '/{queue}/{sequenceNumber}' : ''}${action ? `/${action}` : ''}`;
    const route = routes.find((one) => one.path === wanted && one.method === method);
    if (!route) throw new Error(`no route ${method} ${path}`);
    return call(pipeline, route, {
      target: path,
      json,
      params: queue && sequenceNumber ? { queue, sequenceNumber } : {},
      headers: { authorization: `Bearer ${as}` },
    });
  };
  let raw: Connection | undefined;
  return {
    namespace,
    database,
    connection,
    get: (path, as = 'operator') => send('GET', path, as),
    post: (path, reason = 'seen to') => send('POST', path, 'operator', { reason }),
    async bury(queue, count) {
      const receiver = namespace.client.createReceiver(queue);
      for (let left = count; left > 0; left -= 100) {
        const messages = await receive(receiver, Math.min(left, 100));
        await Promise.all(
          messages.map((message) =>
            receiver.deadLetterMessage(message, {
              deadLetterReason: 'Unreadable',
              deadLetterErrorDescription: 'it says nothing',
            }),
          ),
        );
      }
      await receiver.close();
    },
    async sendRaw(queue, message) {
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(namespace.connectionString)?.[1]);
      raw ??= rhea.create_container().connect({ host: '127.0.0.1', port, username: 'anonymous' });
      const sender = raw.open_sender({ target: { address: queue } });
      await once(sender, 'sendable');
      const accepted = once(sender, 'accepted');
      sender.send(message);
      await accepted;
    },
    async close() {
      if (raw) {
        raw.close();
        await once(raw, 'connection_close');
      }
      await namespace.close();
      await database.close();
    },
  };
}

/** A body as bytes, which the SDK sends as they are. */
export function bytes(text: string): Buffer {
  return Buffer.from(text);
}
