import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { instanceUrls } from './client-binding.ts';
import { DurableBackendError, type DurableErrorCode } from './errors.ts';
import { route, type ApiResponse, type RouteContext } from './http-routes.ts';
import type { DurableLog } from './log.ts';
import { Management, type ManagementOptions } from './management.ts';

const prefix = '/durabletask/';
const largestBodyBytes = 64 * 1024 * 1024;

const statusOfError: Readonly<Record<DurableErrorCode, number>> = {
  'not-offered': 501,
  'bad-request': 400,
  'already-exists': 409,
  'not-found': 404,
  finished: 410,
};

export interface HttpApi {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** Serves the client's HTTP API on a free port of 127.0.0.1. */
export async function startHttpApi(
  options: ManagementOptions & { readonly log: DurableLog },
): Promise<HttpApi> {
  const server = createServer((request, response) => {
    handle(context, request).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        options.log('error', `${request.method} ${request.url} failed`, { error });
        send(response, {
          status: 500,
          body: { message: 'Something went wrong while processing your request' },
        });
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`;
  const context: RouteContext = {
    store: options.store,
    management: new Management(options),
    managementUrls: (instanceId) => instanceUrls(baseUrl, instanceId),
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { baseUrl, stop };
}

async function handle(context: RouteContext, request: IncomingMessage): Promise<ApiResponse> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (!url.pathname.startsWith(prefix)) return { status: 404 };
  // No browser has business here, and a web page could otherwise start instances on the developer's machine.
  if (request.headers.origin !== undefined) return { status: 403 };
  const body = await readBody(request);
  if (body === undefined)
    return { status: 413, body: { message: `a request body must not exceed ${largestBodyBytes} bytes` } };
  try {
    const path = url.pathname.slice(prefix.length).split('/').map(decode);
    const method = request.method ?? 'GET';
    return route(context, { method, path, query: url.searchParams, headers: request.headers, body });
  } catch (error) {
    if (!(error instanceof DurableBackendError)) throw error;
    // The client shows the body of a 501 as it stands.
    const body = error.code === 'not-offered' ? error.message : { message: error.message };
    return { status: statusOfError[error.code], body };
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new DurableBackendError(
      'bad-request',
      `the path segment ${segment} is not percent-encoded correctly`,
    );
  }
}

/** The body as text, or undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= largestBodyBytes) chunks.push(chunk);
  }
  return bytes > largestBodyBytes ? undefined : Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, headers = {}, body }: ApiResponse): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...type, ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
