import { ConnectionConfig, ConnectionContextBase, TokenType, createSasTokenProvider } from '@azure/core-amqp';
import type { ServiceBusSettings } from '../client.ts';
import { RawReceiver } from './receiver.ts';

/** Longest wait for a link, a token or an answer of the broker. */
const TIMEOUT_MS = 10_000;
const SERVICE_BUS_SCOPE = 'https://servicebus.azure.net/.default';
const PRODUCT = { product: 'mcms', version: '1', userAgent: 'mcms' };
const PEEK_LOCK = { snd_settle_mode: 0, rcv_settle_mode: 1 } as const;

/**
 * One AMQP connection on which messages travel as bytes. The SDK decodes what it receives, and a JavaScript value no longer tells
 * which AMQP type it had; who moves messages from queue to queue unchanged needs the bytes. Made for one operation, then closed:
 * its tokens are not renewed.
 */
export class RawConnection {
  readonly #context: ConnectionContextBase;
  readonly #token: (audience: string) => Promise<{ readonly token: string; readonly type: TokenType }>;

  private constructor(settings: ServiceBusSettings) {
    const config = ConnectionConfig.create(
      'connectionString' in settings
        ? settings.connectionString
        : `Endpoint=sb://${settings.fullyQualifiedNamespace};SharedAccessKeyName=none;SharedAccessKey=none`,
    );
    this.#context = ConnectionContextBase.create({ config, connectionProperties: PRODUCT });
    this.#token = tokenSource(settings, config);
  }

  /** Runs `work` on a connection of its own and closes it. Whatever AMQP refuses rejects. */
  static async use<T>(
    settings: ServiceBusSettings,
    work: (connection: RawConnection) => Promise<T>,
  ): Promise<T> {
    const connection = new RawConnection(settings);
    try {
      await connection.#context.cbsSession.init({ timeoutInMs: TIMEOUT_MS });
      return await work(connection);
    } finally {
      await connection.#close();
    }
  }

  /** Receives from a queue or dead-letter queue in peek-lock. */
  async receiver(address: string): Promise<RawReceiver> {
    await this.#authorise(address);
    const link = await this.#context.connection.createReceiver({
      source: { address },
      target: {},
      ...PEEK_LOCK,
      autosettle: false,
      autoaccept: false,
      credit_window: 0,
      onError: () => undefined,
      onSessionError: () => undefined,
    });
    return new RawReceiver(link, TIMEOUT_MS);
  }

  /** Resolves once the broker has stored the message. */
  async send(queue: string, message: Buffer): Promise<void> {
    await this.#authorise(queue);
    const sender = await this.#context.connection.createAwaitableSender({
      target: { address: queue },
      onError: () => undefined,
      onSessionError: () => undefined,
    });
    if (!sender.sendable())
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${queue} grants no credit`)), TIMEOUT_MS);
        sender.once('sendable' as never, () => {
          clearTimeout(timer);
          resolve();
        });
      });
    await sender.send(message, { format: 0, timeoutInSeconds: TIMEOUT_MS / 1000 });
    await sender.close();
  }

  async #authorise(address: string): Promise<void> {
    const audience = `${this.#context.config.endpoint}${address}`;
    const { token, type } = await this.#token(audience);
    await this.#context.cbsSession.negotiateClaim(audience, token, type, { timeoutInMs: TIMEOUT_MS });
  }

  async #close(): Promise<void> {
    const { connection, cbsSession } = this.#context;
    if (!connection.isOpen()) return;
    await cbsSession.close();
    await connection.close();
  }
}

function tokenSource(settings: ServiceBusSettings, config: ConnectionConfig) {
  if ('connectionString' in settings) {
    const provider = createSasTokenProvider({
      sharedAccessKeyName: config.sharedAccessKeyName,
      sharedAccessKey: config.sharedAccessKey,
    });
    return async (audience: string) => ({
      token: (await provider.getToken(audience)).token,
      type: TokenType.CbsTokenTypeSas,
    });
  }
  return async () => {
    const token = await settings.credential.getToken(SERVICE_BUS_SCOPE);
    if (!token) throw new Error('the identity of this process gets no token for Service Bus');
    return { token: token.token, type: TokenType.CbsTokenTypeJwt };
  };
}
