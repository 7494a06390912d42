import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type RequestKind,
  type ServerError,
  type TdsMessage,
  PACKET_TYPE,
  TdsFramer,
  errorAnswer,
  requestKind,
} from './tds-messages.ts';

/**
 * What befalls a request:
 * - `dropBefore`: the connection is lost before the server gets it
 * - `dropAfter`: lost as soon as it is on its way to the server, which may or may not be through with it
 * - `dropAnswer`: lost when the server has answered, before any of that
 * - `cutAnswerAfterBytes`: lost when this much of the answer has come
 * - `error`: it never gets to the server, and fails with this
 * - `errorAnswer`: the server does it, and it fails with this all the same
 */
export type Fault =
  | { readonly kind: 'dropBefore' | 'dropAfter' | 'dropAnswer' }
  | { readonly kind: 'cutAnswer'; readonly afterBytes: number }
  | { readonly kind: 'error' | 'errorAnswer'; readonly error: ServerError };

export interface TdsProxy extends AsyncDisposable {
  /** On 127.0.0.1; the same after `accept()`. */
  readonly port: number;
  /** Added to the way of every answer, those of the login too; default 0. */
  delayMs: number;
  /** Requests that came from clients so far, faulted ones included. What a driver sends by itself after its login is `other`. */
  readonly requests: readonly RequestKind[];
  readonly openConnections: number;
  /** Lets this befall the next `times` requests of this kind (default 1), after what was ordered for it before. */
  failNext(kind: RequestKind, fault: Fault, times?: number): void;
  /** Forgets faults that have not happened, and the delay. */
  clear(): void;
  dropConnections(): void;
  /** Nobody listens at the port any more; connections that are there stay. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
}

/** A proxy in front of a server that speaks TDS without encryption. */
export async function startTdsProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TdsProxy> {
  const plan: { readonly kind: RequestKind; readonly fault: Fault }[] = [];
  const requests: RequestKind[] = [];
  const links = new Set<Link>();
  let delayMs = 0;

  const server = createServer((client) => {
    const link: Link = new Link(client, connect(target), {
      faultOf(kind) {
        requests.push(kind);
        const index = plan.findIndex((entry) => entry.kind === kind);
        return index < 0 ? undefined : plan.splice(index, 1)[0]?.fault;
      },
      delayMs: () => delayMs,
      ended: () => links.delete(link),
    });
    links.add(link);
  });
  const dropConnections = (): void => links.forEach((link) => link.drop());
  const port = await listen(server, 0);
  const refuse = async (): Promise<void> => {
    // Its callback waits for connections to end; the port is free at once.
    if (server.listening) server.close();
  };
  return {
    port,
    get delayMs() {
      return delayMs;
    },
    set delayMs(value) {
      delayMs = value;
    },
    requests,
    get openConnections() {
      return links.size;
    },
    failNext: (kind, fault, times = 1) => plan.push(...Array(times).fill({ kind, fault })),
    clear() {
      plan.length = 0;
      delayMs = 0;
    },
    dropConnections,
    refuse,
    async accept() {
      if (!server.listening) await listen(server, port);
    },
    async [Symbol.asyncDispose]() {
      await refuse();
      dropConnections();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Course {
  /** What is to befall the request that has just come. */
  faultOf(kind: RequestKind): Fault | undefined;
  delayMs(): number;
  ended(): void;
}

/** A client's connection and the one to the server that belongs to it. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #course: Course;
  readonly #requests = new TdsFramer();
  readonly #answers = new TdsFramer();
  /** Answers leave one after the other. */
  #sent: Promise<void> = Promise.resolve();
  #ofNextAnswer: Fault | undefined;
  #greeted = false;

  constructor(client: Socket, server: Socket, course: Course) {
    this.#client = client;
    this.#server = server;
    this.#course = course;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (bytes: Buffer) =>
      this.#requests.push(bytes).forEach((message) => this.#request(message)),
    );
    server.on('data', (bytes: Buffer) =>
      this.#answers.push(bytes).forEach((message) => this.#answer(message)),
    );
    for (const socket of [client, server]) {
      socket.on('error', () => this.drop());
      socket.on('close', () => this.drop());
    }
  }

  drop(): void {
    this.#client.destroy();
    this.#server.destroy();
    this.#course.ended();
  }

  #request(message: TdsMessage): void {
    const fault = this.#course.faultOf(this.#kindOf(message));
    switch (fault?.kind) {
      case 'dropBefore':
        return this.drop();
      case 'dropAfter':
        this.#client.destroy();
        // What has been written still gets there.
        this.#server.removeAllListeners('data').end(message.bytes);
        return this.#course.ended();
      case 'error':
        return this.#send(errorAnswer(fault.error));
      case 'dropAnswer':
      case 'cutAnswer':
      case 'errorAnswer':
      case undefined:
        this.#ofNextAnswer = fault;
        this.#server.write(message.bytes);
    }
  }

  /** The first batch are the driver's own settings: part of signing in. */
  #kindOf(message: TdsMessage): RequestKind {
    if (message.type !== PACKET_TYPE.batch || this.#greeted) return requestKind(message);
    this.#greeted = true;
    return 'other';
  }

  #answer({ bytes }: TdsMessage): void {
    const fault = this.#ofNextAnswer;
    this.#ofNextAnswer = undefined;
    if (fault?.kind === 'dropAnswer') return this.drop();
    if (fault?.kind === 'errorAnswer') return this.#send(errorAnswer(fault.error));
    if (fault?.kind === 'cutAnswer')
      return this.#send(bytes.subarray(0, fault.afterBytes), () => this.drop());
    this.#send(bytes);
  }

  #send(bytes: Buffer, then?: () => void): void {
    this.#sent = this.#sent.then(async () => {
      const delayMs = this.#course.delayMs();
      if (delayMs > 0) await delay(delayMs);
      if (!this.#client.destroyed) this.#client.write(bytes, then);
    });
  }
}
