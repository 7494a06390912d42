import { RestError } from '@azure/storage-blob';
import { UnavailableError } from '../errors.ts';

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

/** Runs a storage call; what a later try may not meet (no answer, 408, 429, 5xx) becomes `StorageUnavailableError`. */
export async function withStorage<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    const status = error.statusCode;
    if (status === undefined || status === 408 || status === 429 || status >= 500)
      throw new StorageUnavailableError(error);
    throw error;
  }
}
