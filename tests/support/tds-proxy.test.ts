import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import {
  PACKET_TYPE,
  type RequestKind,
  TdsFramer,
  encodeMessage,
  errorAnswer,
  requestKind,
} from './tds-messages.ts';
import { type Fault, type TdsProxy, startTdsProxy } from './tds-proxy.ts';

describe('TdsFramer', () => {
  const long = Buffer.alloc(10_000, 7);

  it('puts a message together from any pieces', () => {
    const bytes = Buffer.concat([encodeMessage(4, long), encodeMessage(1, Buffer.from('two'))]);
    for (const size of [1, 7, 4096, bytes.length]) {
      const framer = new TdsFramer();
      const messages = [];
      for (let at = 0; at < bytes.length; at += size)
        messages.push(...framer.push(bytes.subarray(at, at + size)));
      expect(messages.map(({ type, payload }) => [type, payload.length])).toEqual([
        [4, 10_000],
        [1, 3],
      ]);
      expect(Buffer.concat(messages.map((message) => message.bytes)).equals(bytes)).toBe(true);
    }
  });

  it('frames a message without content', () => {
    expect(new TdsFramer().push(encodeMessage(6, Buffer.alloc(0)))).toHaveLength(1);
  });

  it('refuses a packet that is shorter than its header', () => {
    expect(() => new TdsFramer().push(Buffer.from([1, 1, 0, 3, 0, 0, 0, 0]))).toThrow(
      'cannot be 3 bytes long',
    );
  });
});

/** A request to begin, commit or roll back, after 22 bytes of headers. */
function transactionRequest(type: number): Buffer {
  const payload = Buffer.alloc(24);
  payload.writeUInt32LE(22, 0);
  payload.writeUInt16LE(type, 22);
  return encodeMessage(PACKET_TYPE.transaction, payload);
}

const QUERY = encodeMessage(PACKET_TYPE.rpc, Buffer.from('select'));
const LOGIN = encodeMessage(PACKET_TYPE.login, Buffer.from('who'));
const ANSWER = encodeMessage(PACKET_TYPE.answer, Buffer.from('a row'));
const [BEGIN, COMMIT, ROLLBACK] = [transactionRequest(5), transactionRequest(7), transactionRequest(8)];

it.each<[Buffer, RequestKind]>([
  [QUERY, 'query'],
  [encodeMessage(PACKET_TYPE.batch, Buffer.from('select')), 'query'],
  [BEGIN, 'begin'],
  [COMMIT, 'commit'],
  [ROLLBACK, 'rollback'],
  [transactionRequest(9), 'other'],
  [LOGIN, 'login'],
  [encodeMessage(PACKET_TYPE.prelogin, Buffer.from('hello')), 'other'],
])('tells what kind of request it is (%#)', (bytes, kind) => {
  expect(new TdsFramer().push(bytes).map(requestKind)).toEqual([kind]);
});

it('words an error as a server does', () => {
  const [message] = new TdsFramer().push(errorAnswer({ number: 40_613, message: 'away', severity: 17 }));
  const payload = message?.payload ?? Buffer.alloc(0);
  expect(message?.type).toBe(PACKET_TYPE.answer);
  expect(payload[0]).toBe(0xaa);
  expect(payload.readInt32LE(3)).toBe(40_613);
  expect(payload[8]).toBe(17);
  expect(payload.subarray(11, 19).toString('utf16le')).toBe('away');
  const done = payload.subarray(3 + payload.readUInt16LE(1));
  expect([done.length, done[0], done.readUInt16LE(1)]).toEqual([13, 0xfd, 2]);
});

describe('the proxy', () => {
  /** What the server behind it got. */
  let received: RequestKind[];
  let proxy: TdsProxy;
  let client: Socket;
  const cleanups: (() => unknown)[] = [];

  beforeEach(async () => {
    received = [];
    const port = await startPeer();
    proxy = await startTdsProxy({ host: '127.0.0.1', port });
    cleanups.push(() => proxy[Symbol.asyncDispose]());
    client = await open();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  /** A server that answers every request in the same way. */
  async function startPeer(): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      const framer = new TdsFramer();
      socket.on('error', () => {});
      socket.on('data', (bytes: Buffer) => {
        for (const message of framer.push(bytes)) {
          received.push(requestKind(message));
          socket.write(ANSWER);
        }
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    });
    return (server.address() as AddressInfo).port;
  }

  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1');
    cleanups.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  /** What comes after this request: as many bytes as an answer has, or what came before the connection was lost. */
  async function ask(
    request: Buffer,
    socket = client,
  ): Promise<Buffer | { readonly lostAfterBytes: number }> {
    socket.write(request);
    let bytes = Buffer.alloc(0);
    const framer = new TdsFramer();
    return new Promise((resolve) => {
      socket.on('error', () => {});
      socket.once('close', () => resolve({ lostAfterBytes: bytes.length }));
      socket.on('data', function take(more: Buffer) {
        bytes = Buffer.concat([bytes, more]);
        if (framer.push(more).length === 0) return;
        socket.off('data', take);
        resolve(bytes);
      });
    });
  }

  it('passes everything on', async () => {
    for (const request of [LOGIN, QUERY, BEGIN, COMMIT]) expect(await ask(request)).toEqual(ANSWER);
    expect(received).toEqual(['login', 'query', 'begin', 'commit']);
    expect(proxy.requests).toEqual(received);
    expect(proxy.openConnections).toBe(1);
  });

  it('takes the first batch for a part of signing in', async () => {
    const batch = encodeMessage(PACKET_TYPE.batch, Buffer.from('set'));
    proxy.failNext('query', { kind: 'dropBefore' });
    expect(await ask(batch)).toEqual(ANSWER);
    expect(await ask(batch)).toEqual({ lostAfterBytes: 0 });
  });

  it.each<[Fault, { readonly lostAfterBytes: number }, RequestKind[]]>([
    [{ kind: 'dropBefore' }, { lostAfterBytes: 0 }, ['begin']],
    [{ kind: 'dropAfter' }, { lostAfterBytes: 0 }, ['begin', 'commit']],
    [{ kind: 'dropAnswer' }, { lostAfterBytes: 0 }, ['begin', 'commit']],
    [{ kind: 'cutAnswer', afterBytes: 5 }, { lostAfterBytes: 5 }, ['begin', 'commit']],
  ])('loses the connection at a commit: %j', async (fault, seen, arrived) => {
    proxy.failNext('commit', fault);
    expect(await ask(BEGIN)).toEqual(ANSWER);
    expect(await ask(COMMIT)).toEqual(seen);
    const next = await open();
    expect(await ask(COMMIT, next)).toEqual(ANSWER);
    expect(received).toEqual([...arrived, 'commit']);
  });

  it('answers the next requests with an error, in order, and the one after as the server does', async () => {
    const [first, second] = [40_613, 40_197].map((number) => ({ number, message: 'away' }));
    if (!first || !second) throw new Error('two errors');
    proxy.failNext('query', { kind: 'error', error: first }, 2);
    proxy.failNext('query', { kind: 'error', error: second });
    expect(await ask(QUERY)).toEqual(errorAnswer(first));
    expect(await ask(BEGIN)).toEqual(ANSWER);
    expect(await ask(QUERY)).toEqual(errorAnswer(first));
    expect(await ask(QUERY)).toEqual(errorAnswer(second));
    expect(await ask(QUERY)).toEqual(ANSWER);
    expect(received).toEqual(['begin', 'query']);
  });

  it('answers with an error what the server has done', async () => {
    const error = { number: 40_197, message: 'going away' };
    proxy.failNext('commit', { kind: 'errorAnswer', error });
    expect(await ask(COMMIT)).toEqual(errorAnswer(error));
    expect(received).toEqual(['commit']);
    expect(await ask(QUERY)).toEqual(ANSWER);
  });

  it('forgets what it is told to', async () => {
    proxy.failNext('query', { kind: 'dropBefore' });
    proxy.delayMs = 10_000;
    proxy.clear();
    expect(await ask(QUERY)).toEqual(ANSWER);
  });

  it('holds answers back', async () => {
    proxy.delayMs = 60;
    const startedMs = performance.now();
    expect(await ask(QUERY)).toEqual(ANSWER);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59);
  });

  it('drops all connections', async () => {
    const other = await open();
    await ask(QUERY);
    await ask(QUERY, other);
    const lost = [client, other].map((socket) => once(socket, 'close'));
    proxy.dropConnections();
    await Promise.all(lost);
    expect(proxy.openConnections).toBe(0);
  });

  it('refuses connections and accepts them again; those that are there stay', async () => {
    await ask(QUERY);
    await proxy.refuse();
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await ask(QUERY)).toEqual(ANSWER);
    await proxy.accept();
    expect(await ask(QUERY, await open())).toEqual(ANSWER);
  });
});
