import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostFunction } from '../app.ts';
import { asError } from '../errors.ts';
import type core from '../functions-core.cjs';
import type { Runtime } from '../runtime.ts';
import { traceContextOf } from '../trace-context.ts';
import { announcesTooMuch, DEFAULT_BODY_LIMIT_BYTES, readBody } from './body.ts';
import { createGate, type Gate } from '../gate.ts';
import { parseTarget, type RequestTarget } from './request-target.ts';
import { writeEmpty, writeResponse } from './response.ts';
import { createRouter, type Router, type RouteMatch } from './router.ts';

/** Limits of the server; the defaults are those of Azure's host (Kestrel) or Node. Times are milliseconds. */
export interface HttpLimits {
  readonly bodyBytes: number;
  /** Until all headers of a request are there. */
  readonly headersTimeoutMs: number;
  /** Until a whole request is there. */
  readonly requestTimeoutMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  bodyBytes: DEFAULT_BODY_LIMIT_BYTES,
  headersTimeoutMs: 30_000,
  requestTimeoutMs: 300_000,
};

const KEEP_ALIVE_TIMEOUT_MS = 130_000;
const MAX_HEADER_BYTES = 32 * 1024;

export interface HttpServerOptions {
  readonly functions: readonly HostFunction[];
  readonly runtime: Runtime;
  readonly routePrefix: string;
  readonly maxConcurrentRequests: number;
  readonly maxOutstandingRequests: number;
  /** 0 asks the system for a free port. */
  readonly port: number;
  readonly limits: HttpLimits;
  /** Requests wait for it: the port is bound first, so that a taken one stops the start before anything else has begun. */
  readonly ready: Promise<void>;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no further connection and closes idle ones; running requests go on. */
  stopAccepting(): void;
  /** Closes what is still open. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 and runs the http functions. Rejects with Node's EADDRINUSE for a taken port. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const context: RequestContext = {
    runtime: options.runtime,
    router: createRouter(options.functions, options.routePrefix),
    gate: createGate(options.maxConcurrentRequests, options.maxOutstandingRequests),
    bodyLimitBytes: options.limits.bodyBytes,
    ready: options.ready,
  };
  const server = createServer({
    headersTimeout: options.limits.headersTimeoutMs,
    requestTimeout: options.limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(5_000, options.limits.headersTimeoutMs),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void options.runtime.track(handle(context, request, response));
  };
  server.on('request', onRequest);
  server.on('checkContinue', (request, response) => {
    if (!announcesTooMuch(request, context.bodyLimitBytes)) response.writeContinue();
    onRequest(request, response);
  });
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    stopAccepting() {
      server.close();
      server.closeIdleConnections();
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        if (server.listening) server.close(() => resolve());
        else resolve();
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

interface RequestContext {
  readonly runtime: Runtime;
  readonly router: Router;
  readonly gate: Gate;
  readonly bodyLimitBytes: number;
  readonly ready: Promise<void>;
}

/** Answers one request. Never rejects: what goes wrong becomes a status. */
async function handle(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await context.ready;
  const target = parseTarget(request.url, request.headers.host);
  if (!target) return writeEmpty(response, 400);
  const match = context.router.match(request.method ?? '', target.path);
  if (!match) return writeEmpty(response, 404);
  const admitted = context.gate.enter();
  if (!admitted) return writeEmpty(response, 429);
  try {
    await admitted;
    await runFunction(context, { request, response, target, match });
  } finally {
    context.gate.leave();
  }
}

interface MatchedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
  readonly match: RouteMatch;
}

async function runFunction(context: RequestContext, matched: MatchedRequest): Promise<void> {
  const { request, response, match } = matched;
  const body = await readBody(request, context.bodyLimitBytes);
  if (body.kind === 'gone') return;
  if (body.kind === 'tooLarge') {
    response.setHeader('connection', 'close');
    return writeEmpty(response, 413);
  }
  let result: core.InvocationResponse;
  try {
    result = await context.runtime.invoke(match.fn, {
      data: { http: toHttpData(matched, body.bytes) },
      traceContext: traceContextOf(request.headers['traceparent'], request.headers['tracestate']),
    });
  } catch (error) {
    await answerError(response);
    context.runtime.endIfTimedOut(error);
    return;
  }
  try {
    writeResponse(response, result.returnValue?.http);
  } catch (error) {
    const { message } = asError(error);
    context.runtime.log.write({
      level: 'error',
      functionName: match.fn.name,
      invocationId: result.invocationId,
      message: `the response cannot be sent: ${message}`,
    });
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    writeEmpty(response, 500);
  }
}

/** 500 with an empty body; resolves once it is with the client, or the client is gone. */
function answerError(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    writeEmpty(response, 500);
    if (response.closed) resolve();
  });
}

function toHttpData({ request, target, match }: MatchedRequest, bytes: Buffer): core.HttpData {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: request.method,
    url: target.url,
    headers,
    query: target.query,
    params: match.params,
    ...(bytes.length > 0 && { body: { bytes } }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
