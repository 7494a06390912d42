import { AppError, type FieldError } from '../errors.ts';

/** Refusals of this area with their HTTP statuses. The codes are part of the API contract. */
const STATUS = {
  /** No such routing, or none that this caller may know of. */
  'routing-not-found': 404,
  'cam-revision-not-found': 404,
  /** The item revision already has a routing with this code. */
  'routing-exists': 409,
  /** It has changed since the version the caller read. */
  'precondition-failed': 412,
  /** The body names an item revision that is not there. */
  'item-revision-unknown': 422,
} as const;

export type RoutingErrorCode = keyof typeof STATUS;

export interface RoutingErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly httpHeaders?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class RoutingError extends AppError {
  override readonly name = 'RoutingError';

  constructor(code: RoutingErrorCode, message: string, options: RoutingErrorOptions = {}) {
    super({ code, httpStatus: STATUS[code], message, ...options });
  }
}

export function routingNotFound(routingId: string): RoutingError {
  return new RoutingError('routing-not-found', `There is no routing ${routingId}.`);
}

export function camRevisionNotFound(routingId: string, camRev: number): RoutingError {
  return new RoutingError('cam-revision-not-found', `Routing ${routingId} has no CAM revision ${camRev}.`);
}

export function routingStale(currentVersion: number): RoutingError {
  return new RoutingError(
    'precondition-failed',
    'The routing has changed since it was read; read it again first.',
    { extensions: { currentVersion }, httpHeaders: { ETag: `"${currentVersion}"` } },
  );
}
