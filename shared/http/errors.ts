import { AppError, type FieldError } from '../errors.ts';

/** Failures of the HTTP layer itself, with their statuses. The codes are part of the API contract. */
const STATUS = {
  /** A parameter, header or body member is wrong; `errors` names each. */
  'input-invalid': 400,
  /** The body is not JSON. */
  'json-malformed': 400,
  'route-unknown': 404,
  'method-not-allowed': 405,
  /** The row has changed since the entity tag in `If-Match` was read. */
  'precondition-failed': 412,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  /** The route wants `If-Match`. */
  'precondition-required': 428,
  /** The same `Idempotency-Key` came before with another request. */
  'idempotency-key-reused': 409,
  /** The first request with this `Idempotency-Key` is still at work. */
  'idempotency-key-in-progress': 409,
} as const;

export type HttpErrorCode = keyof typeof STATUS;

export interface HttpErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly httpHeaders?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class HttpError extends AppError {
  override readonly name = 'HttpError';

  constructor(code: HttpErrorCode, message: string, options: HttpErrorOptions = {}) {
    super({ code, httpStatus: STATUS[code], message, ...options });
  }
}

/** 400 naming every wrong field. */
export function inputInvalid(errors: readonly FieldError[]): HttpError {
  const named = [...new Set(errors.map((error) => error.path || 'body'))].slice(0, 5).join(', ');
  return new HttpError('input-invalid', `The request is not valid: ${named}.`, { errors });
}

/** 400 for one wrong field. */
export function fieldInvalid(path: string, message: string): HttpError {
  return inputInvalid([{ path, message }]);
}
