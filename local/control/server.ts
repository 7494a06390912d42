import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Switchboard } from './switchboard.ts';

const LARGEST_BODY_BYTES = 64 * 1024;

export interface ControlServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves switchboards on a free port of 127.0.0.1, each under its path (`/` is the whole of it for a single one): GET shows, POST
 * changes, DELETE resets. Refuses web pages: requests with an `Origin`, and under another host name.
 */
export async function startControlServer(
  boards: Readonly<Record<string, Switchboard>>,
): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(boards, request).then(
      (reply) => send(response, reply),
      (error: unknown) => send(response, refusal(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

async function answer(
  boards: Readonly<Record<string, Switchboard>>,
  request: IncomingMessage,
): Promise<Reply> {
  const { host = '', origin } = request.headers;
  if (origin !== undefined || !/^127\.0\.0\.1:\d+$/.test(host)) return { status: 403 };
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname.slice(1);
  const board = boards[path];
  if (!board && path === '' && request.method === 'GET') return { status: 200, body: await viewAll(boards) };
  if (!board)
    return {
      status: 404,
      body: {
        message: `known are ${Object.keys(boards)
          .map((name) => `/${name}`)
          .join(', ')}`,
      },
    };
  if (request.method === 'GET') return { status: 200, body: await board.view() };
  if (request.method === 'POST')
    return { status: 200, body: await board.change(JSON.parse(await textOf(request))) };
  if (request.method !== 'DELETE') return { status: 405 };
  await board.reset();
  return { status: 200, body: await board.view() };
}

async function viewAll(boards: Readonly<Record<string, Switchboard>>): Promise<unknown> {
  const views = Object.entries(boards).map(async ([name, board]) => [name, await board.view()] as const);
  return Object.fromEntries(await Promise.all(views));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) throw new SyntaxError(`a body has at most ${LARGEST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(error: unknown): Reply {
  if (error instanceof z.ZodError) return { status: 400, body: { message: z.prettifyError(error) } };
  const message = error instanceof Error ? error.message : String(error);
  return { status: error instanceof SyntaxError ? 400 : 502, body: { message } };
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
