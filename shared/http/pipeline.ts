import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { ForbiddenError } from '../auth/errors.ts';
import { type Authenticator, type Principal, hasAnyRole } from '../auth/principal.ts';
import { AppError } from '../errors.ts';
import {
  type Logger,
  annotate,
  createLogger,
  currentTraceId,
  inSpan,
  recordError,
  withLogSink,
} from '../telemetry/index.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { HttpError, inputInvalid } from './errors.ts';
import { parseTagCondition } from './etag.ts';
import {
  type IdempotencyStore,
  type RecordedResponse,
  isStorable,
  parseIdempotencyKey,
  requestHash,
} from './idempotency.ts';
import { check, readJsonBody, readParams, readQuery } from './input.ts';
import { toProblem } from './problem.ts';
import { type Answer, applyIfNoneMatch, finish, problemAnswer, renderAnswer } from './response.ts';
import { type Route, type RouteContext, type RouteRequest, isWrite } from './route.ts';

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

export interface PipelineOptions {
  readonly authenticator: Authenticator;
  /** Without a store, `Idempotency-Key` is checked but has no effect. */
  readonly idempotency?: IdempotencyStore;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Also check every answer by its schema: a 500 when it does not hold. For tests; costs time. */
  readonly checkResponses?: boolean;
}

export type Pipeline = (
  route: Route,
  request: HttpRequest,
  invocation: InvocationContext,
) => Promise<HttpResponseInit>;

/**
 * Everything between the Functions host and a route's handler: server span, authentication and roles, checked inputs,
 * idempotency, conditional requests, and any error as a problem document. It never throws.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const logger = options.logger ?? createLogger('api');
  return (route, request, invocation) =>
    withLogSink(
      (level, line) => invocation[level](line),
      () => {
        const parent =
          invocation.traceContext?.traceParent ?? request.headers.get('traceparent') ?? undefined;
        const path = new URL(request.url).pathname;
        const attributes = {
          'mcms.component': 'api',
          'http.request.method': request.method,
          'http.route': `/api/${route.path}`,
          'url.path': path,
        };
        return inSpan(
          `${request.method} /api/${route.path}`,
          { kind: 'server', operationKey: route.operation, attributes, ...(parent ? { parent } : {}) },
          async (span) => {
            const traceId = currentTraceId() ?? randomBytes(16).toString('hex');
            const fail = (error: unknown): Answer => {
              const problem = toProblem(error, { traceId, instance: path });
              if (problem.status >= 500) {
                recordError(span, error);
                const level = error instanceof AppError ? 'warn' : 'error';
                logger[level](`${route.name} answered ${problem.status}`, { traceId, error });
              }
              return problemAnswer(problem);
            };
            const answer = await answerRequest(options, { route, request, invocation, traceId, fail });
            annotate({ 'http.response.status_code': answer.status });
            return finish(answer, { request, traceId });
          },
        );
      },
    );
}

interface Exchange {
  readonly route: Route;
  readonly request: HttpRequest;
  readonly invocation: InvocationContext;
  readonly traceId: string;
  readonly fail: (error: unknown) => Answer;
}

async function answerRequest(options: PipelineOptions, exchange: Exchange): Promise<Answer> {
  try {
    const principal = await authorize(options.authenticator, exchange);
    const ctx = await readContext(exchange, principal, options.clock ?? systemClock);
    const work = async (): Promise<Answer> =>
      renderAnswer(exchange.route, await exchange.route.handler(ctx), options.checkResponses ?? false);
    const key = ctx.request.idempotencyKey;
    if (!options.idempotency || !principal || key === undefined) {
      return applyIfNoneMatch(await work(), ctx.request.ifNoneMatch);
    }
    return await onceByKey(options.idempotency, { exchange, ctx, subject: principal.subject, key, work });
  } catch (error) {
    return exchange.fail(error);
  }
}

async function authorize(
  authenticator: Authenticator,
  { route, request }: Exchange,
): Promise<Principal | undefined> {
  if (route.access === 'anonymous') return undefined;
  const principal = await authenticator.authenticate(request.headers.get('authorization') ?? undefined);
  annotate({ 'enduser.id': principal.subject });
  if (!hasAnyRole(principal, route.access.roles)) throw new ForbiddenError(route.access.roles);
  return principal;
}

async function readContext(
  exchange: Exchange,
  principal: Principal | undefined,
  clock: Clock,
): Promise<RouteContext> {
  const { route, request, invocation, traceId } = exchange;
  const params = route.params ? check(route.params, readParams(request)) : undefined;
  const query = readQueryOf(route, request);
  const routeRequest = readHeaders(route, request);
  const body = route.body
    ? check(route.body, await readJsonBody(request, route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES))
    : undefined;
  return { params, query, body, principal, request: routeRequest, invocation, traceId, clock };
}

function readHeaders(route: Route, request: HttpRequest): RouteRequest {
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  const ifMatch = parseTagCondition('If-Match', header('if-match'));
  if (route.requiresIfMatch && ifMatch === undefined) {
    throw new HttpError('precondition-required', 'Send If-Match with the entity tag of what you read.', {
      errors: [{ path: 'If-Match', message: 'is required' }],
    });
  }
  return {
    method: request.method,
    url: new URL(request.url),
    header,
    ifMatch,
    ifNoneMatch: parseTagCondition('If-None-Match', header('if-none-match')),
    idempotencyKey: isWrite(route.method) ? parseIdempotencyKey(header('idempotency-key')) : undefined,
  };
}

function readQueryOf(route: Route, request: HttpRequest): unknown {
  if (route.anyQuery) return undefined;
  const given = readQuery(request);
  if (route.query) return check(route.query, given);
  const unknown = Object.keys(given).map((path) => ({ path, message: 'is not known here' }));
  if (unknown.length > 0) throw inputInvalid(unknown);
  return undefined;
}

interface KeyedWork {
  readonly exchange: Exchange;
  readonly ctx: RouteContext;
  readonly subject: string;
  readonly key: string;
  readonly work: () => Promise<Answer>;
}

async function onceByKey(
  store: IdempotencyStore,
  { exchange, ctx, subject, key, work }: KeyedWork,
): Promise<Answer> {
  const { url } = ctx.request;
  const record = async (): Promise<RecordedResponse> => {
    try {
      return recordable(await work());
    } catch (error) {
      const { status } = toProblem(error, { traceId: exchange.traceId, instance: url.pathname });
      if (!isStorable(status)) throw error;
      return recordable(exchange.fail(error));
    }
  };
  const { response, replayed } = await store.run(
    { subject, method: exchange.route.method, path: url.pathname, key },
    requestHash({ query: url.search, ifMatch: ctx.request.header('if-match'), body: ctx.body }),
    record,
  );
  return replayed
    ? { ...response, headers: { ...response.headers, 'Idempotency-Replayed': 'true' } }
    : response;
}

function recordable(answer: Answer): RecordedResponse {
  if (answer.body !== null && typeof answer.body !== 'string')
    throw new TypeError('a write must answer with text');
  return { status: answer.status, headers: answer.headers, body: answer.body };
}
