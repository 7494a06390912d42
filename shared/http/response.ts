import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { type TagCondition, matchesNone } from './etag.ts';
import type { Problem } from './problem.ts';
import type { Route, RouteResponse } from './route.ts';

/** An answer ready to be sent or recorded. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/**
 * Turns what a handler returned into an answer.
 * @throws {Error} for a status the route does not declare, or, with `checked`, a body its schema refuses: defects of the route.
 */
export function renderAnswer(route: Route, response: RouteResponse, checked: boolean): Answer {
  const spec = route.responses[response.status];
  if (!spec)
    throw new Error(`route ${route.name} does not declare the status ${response.status} it answers with`);
  const headers = { ...(response.etag === undefined ? {} : { ETag: response.etag }), ...response.headers };
  const { status, body } = response;
  if (spec.schema) {
    const json = JSON.stringify(body);
    if (checked) {
      const result = spec.schema.safeParse(JSON.parse(json));
      if (!result.success) {
        throw new Error(`route ${route.name} breaks its own schema for ${status}`, { cause: result.error });
      }
    }
    return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: json };
  }
  if (spec.contentType && (typeof body === 'string' || body instanceof Uint8Array)) {
    return { status, headers: { 'Content-Type': spec.contentType, ...headers }, body };
  }
  return { status, headers, body: null };
}

export function problemAnswer(problem: Problem): Answer {
  return { status: problem.status, headers: problem.headers, body: JSON.stringify(problem.body) };
}

/** 304 in place of a 200 whose entity tag the caller already has (RFC 9110 section 15.4.5). */
export function applyIfNoneMatch(answer: Answer, ifNoneMatch: TagCondition | undefined): Answer {
  const etag = answer.headers['ETag'];
  if (answer.status !== 200 || etag === undefined || !matchesNone(ifNoneMatch, etag)) return answer;
  const { 'Content-Type': _contentType, ...headers } = answer.headers;
  return { status: 304, headers, body: null };
}

/** The last step: headers every answer carries, and no body for HEAD. */
export function finish(
  answer: Answer,
  { request, traceId }: { request: HttpRequest; traceId: string },
): HttpResponseInit {
  const cacheable = answer.headers['ETag'] !== undefined && (answer.status === 200 || answer.status === 304);
  return {
    status: answer.status,
    headers: {
      'Cache-Control': cacheable ? 'private, no-cache' : 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Trace-Id': traceId,
      ...answer.headers,
    },
    ...(answer.body === null || request.method === 'HEAD' ? {} : { body: answer.body }),
  };
}
