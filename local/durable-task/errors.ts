import { types } from 'node:util';

/**
 * - `not-offered`: the feature exists on Azure, and this backend leaves it out on purpose
 * - `bad-request`: the caller's arguments are wrong
 * - `already-exists`: an instance with this id is still running
 * - `not-found`: no instance with this id
 * - `finished`: the instance has ended and takes no more events
 */
export type DurableErrorCode = 'not-offered' | 'bad-request' | 'already-exists' | 'not-found' | 'finished';

export class DurableBackendError extends Error {
  override readonly name = 'DurableBackendError';
  readonly code: DurableErrorCode;

  constructor(code: DurableErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The refusal of a feature of Azure that the product does not use. */
export function notOffered(feature: string): DurableBackendError {
  return new DurableBackendError(
    'not-offered',
    `the local Durable Task backend does not offer ${feature} (see local/durable-task/README.md)`,
  );
}

export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}
