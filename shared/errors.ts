/** One wrong input: `path` names the field as the caller wrote it (`steps[0].sequence`), `message` says what is wanted. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface AppErrorOptions {
  /** Stable, machine-readable: part of the API contract (`routing-wrong-state`). */
  readonly code: string;
  readonly httpStatus: number;
  /** Safe to show to the caller. */
  readonly message: string;
  readonly errors?: readonly FieldError[];
  /** Further members of the problem document, for example `allowedActions`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly httpHeaders?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * Base of every failure the product expects. An area derives its own class with a union of codes and a status for each; the
 * HTTP layer turns any of them into `application/problem+json`. Whatever is thrown and is not an `AppError` is a defect: the
 * caller sees a 500 without its message, and it is logged.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: string;
  readonly httpStatus: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  /** When set, the same request may succeed after this many seconds. */
  readonly retryAfterSeconds: number | undefined;
  readonly httpHeaders: Readonly<Record<string, string>> | undefined;

  constructor(options: AppErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.httpStatus = options.httpStatus;
    this.errors = options.errors;
    this.extensions = options.extensions;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.httpHeaders = options.httpHeaders;
  }
}

/** A service the product depends on does not answer just now: 503 with `Retry-After`. The message may be shown to the caller. */
export class UnavailableError extends AppError {
  override readonly name = 'UnavailableError';

  constructor(message: string, options: { code?: string; retryAfterSeconds?: number; cause?: unknown } = {}) {
    super({
      code: options.code ?? 'temporarily-unavailable',
      httpStatus: 503,
      message,
      retryAfterSeconds: options.retryAfterSeconds ?? 5,
      cause: options.cause,
    });
  }
}
