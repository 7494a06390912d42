import { STATUS_CODES } from 'node:http';
import { AppError } from '../errors.ts';

/** An error as RFC 9457 `application/problem+json`. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ProblemContext {
  readonly traceId: string;
  /** Path of the request. */
  readonly instance: string;
}

/**
 * The one mapping from any error to an answer. An `AppError` speaks for itself; anything else that carries a number
 * `retryAfterSeconds` is a passing fault (503); the rest is a defect, a 500 that tells nothing but the trace id.
 */
export function toProblem(error: unknown, { traceId, instance }: ProblemContext): Problem {
  const known = error instanceof AppError ? error : passingFault(error);
  const status = known?.httpStatus ?? 500;
  const code = known?.code ?? 'internal-error';
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(known?.retryAfterSeconds === undefined
        ? {}
        : { 'Retry-After': String(Math.ceil(known.retryAfterSeconds)) }),
      ...known?.httpHeaders,
    },
    body: {
      ...known?.extensions,
      type: `urn:mcms:problem:${code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: known?.message ?? 'The request could not be completed. Report the trace id.',
      instance,
      code,
      traceId,
      ...(known?.errors === undefined ? {} : { errors: known.errors }),
    },
  };
}

function passingFault(error: unknown): AppError | undefined {
  if (typeof error !== 'object' || error === null || !('retryAfterSeconds' in error)) return undefined;
  if (typeof error.retryAfterSeconds !== 'number') return undefined;
  return new AppError({
    code: 'temporarily-unavailable',
    httpStatus: 503,
    message: 'A service this needs does not answer just now.',
    retryAfterSeconds: error.retryAfterSeconds,
    cause: error,
  });
}
