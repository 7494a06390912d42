import { RestError } from '@azure/storage-blob';
import { UnavailableError } from '../errors.ts';
import { inSpan } from '../telemetry/index.ts';

/** Blob Storage does not answer, or asks to slow down. The same call may succeed in a moment. */
export class StorageUnavailableError extends UnavailableError {
  constructor(cause: unknown) {
    super('The file store does not answer just now.', {
      code: 'storage-unavailable',
      retryAfterSeconds: 5,
      cause,
    });
  }
}

/** HTTP status of a refused storage call; undefined when none was received. */
export function storageStatus(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

/** The service's own code for a refusal, such as `BlobNotFound`; undefined when it gave none. */
export function storageCode(error: unknown): string | undefined {
  return error instanceof RestError ? error.code : undefined;
}

/** There is no such blob. A container that is missing is something else: a fault of the deployment. */
export function isBlobMissing(error: unknown): boolean {
  return storageStatus(error) === 404 && !storageCode(error)?.startsWith('Container');
}

/**
 * Runs storage calls in a span named `name`; what a later try may not meet (no answer, an answer that breaks off, 408, 429, 5xx)
 * becomes `StorageUnavailableError`.
 */
export async function withStorage<T>(name: string, call: () => Promise<T>): Promise<T> {
  return inSpan(name, { kind: 'client' }, async () => {
    try {
      return await call();
    } catch (error) {
      throw isPassing(error) ? new StorageUnavailableError(error) : error;
    }
  });
}

function isPassing(error: unknown): boolean {
  if (error instanceof RestError) {
    const { statusCode } = error;
    return statusCode === undefined || statusCode === 408 || statusCode === 429 || statusCode >= 500;
  }
  // What the SDK throws when a try takes too long.
  return error instanceof Error && error.name === 'AbortError';
}
