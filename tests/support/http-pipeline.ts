import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';
import { UnauthenticatedError } from '../../shared/auth/errors.ts';
import type { Authenticator, Principal } from '../../shared/auth/principal.ts';
import { type Role, rolesFromClaim } from '../../shared/auth/roles.ts';
import type { Pipeline } from '../../shared/http/pipeline.ts';
import type { Route } from '../../shared/http/route.ts';

export interface Call {
  readonly method?: string;
  /** Path and query below `/api/`; default: the route's path. */
  readonly target?: string;
  readonly params?: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** A value is sent as JSON, a string or bytes as they are. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly traceparent?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
  /** Lines the call wrote to the invocation's log, parsed. */
  readonly log: Record<string, unknown>[];
}

/** Sends one request through a pipeline, as the Functions host would. */
export async function call(pipeline: Pipeline, route: Route, options: Call = {}): Promise<Reply> {
  const log: Record<string, unknown>[] = [];
  const invocation = new InvocationContext({
    functionName: route.name,
    logHandler: (_level, line) => log.push(JSON.parse(String(line)) as Record<string, unknown>),
    ...(options.traceparent ? { traceContext: { traceParent: options.traceparent } } : {}),
  });
  const response = await pipeline(route, toRequest(route, options), invocation);
  return { ...toReply(response), log };
}

/** A caller per token: `Bearer alice` is whoever `principals` says `alice` is. */
export function tokensOf(principals: Readonly<Record<string, Principal>>): Authenticator {
  return {
    authenticate: async (authorization) => {
      const principal = principals[authorization?.replace('Bearer ', '') ?? ''];
      if (!principal) throw new UnauthenticatedError('token-missing', 'Send a bearer token.');
      return principal;
    },
  };
}

export function principal(subject: string, ...roles: Role[]): Principal {
  return { subject, name: subject, roles: rolesFromClaim(roles), kind: 'user' };
}

function toRequest(route: Route, options: Call): HttpRequest {
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  return new HttpRequest({
    method: options.method ?? route.method,
    url: `http://127.0.0.1:7071/api/${options.target ?? route.path}`,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    params: options.params ?? {},
    ...(body === undefined ? {} : { body: typeof body === 'string' ? { string: body } : { bytes: body } }),
  });
}

function toReply(response: HttpResponseInit): Omit<Reply, 'log'> {
  const body = response.body ?? '';
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    throw new TypeError('unexpected kind of body');
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const headers = new Headers(response.headers);
  const isJson = /json/.test(headers.get('content-type') ?? '') && text !== '';
  return {
    status: response.status ?? 200,
    headers,
    text,
    json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}
