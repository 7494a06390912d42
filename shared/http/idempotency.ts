import { createHash } from 'node:crypto';
import { HttpError, fieldInvalid } from './errors.ts';

/** What an `Idempotency-Key` is unique within: one caller's requests to one address. */
export interface IdempotencyScope {
  readonly subject: string;
  readonly method: string;
  /** Path of the request, without its query. */
  readonly path: string;
  readonly key: string;
}

/** An answer as it can be stored and sent again. */
export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * Keeps the answers given to `Idempotency-Key`s.
 *
 * `run` claims the scope, calls `work` once, stores what it returns and hands it back with `replayed: false`. While another call
 * holds the claim it throws `keyInProgress()`; when an answer stands there, it returns that one with `replayed: true` if
 * `requestHash` is the same, and throws `keyReused()` if not. When `work` throws, nothing is stored and the claim is given up, so
 * that the next attempt runs. A claim whose holder died runs out after a time of the store's own.
 */
export interface IdempotencyStore {
  run(
    scope: IdempotencyScope,
    requestHash: string,
    work: () => Promise<RecordedResponse>,
  ): Promise<{ readonly response: RecordedResponse; readonly replayed: boolean }>;
}

export function keyReused(): HttpError {
  return new HttpError(
    'idempotency-key-reused',
    'This Idempotency-Key was used before for another request.',
    {
      errors: [{ path: 'Idempotency-Key', message: 'must be a new key for a new request' }],
    },
  );
}

export function keyInProgress(retryAfterSeconds = 1): HttpError {
  return new HttpError(
    'idempotency-key-in-progress',
    'The first request with this Idempotency-Key is still at work.',
    {
      retryAfterSeconds,
    },
  );
}

/** Checks the header: 1 to 200 visible ASCII characters. */
export function parseIdempotencyKey(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(value)) {
    throw fieldInvalid('Idempotency-Key', 'must be 1 to 200 visible ASCII characters');
  }
  return value;
}

/** Same request, same hash: SHA-256 (hex) over the query, `If-Match` and the JSON body, whatever the order of its members. */
export function requestHash(parts: { query: string; ifMatch: string | undefined; body: unknown }): string {
  const text = JSON.stringify(
    [parts.query, parts.ifMatch ?? null, parts.body ?? null],
    (_key, value: unknown) =>
      isPlainObject(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  );
  return createHash('sha256').update(text).digest('hex');
}

const NOT_STORED: ReadonlySet<number> = new Set([401, 403, 408, 425, 429]);

/** An answer worth keeping: a success, or a refusal that a repeat would meet again. */
export function isStorable(status: number): boolean {
  return status < 500 && !NOT_STORED.has(status);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
