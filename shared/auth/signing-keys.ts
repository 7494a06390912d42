import {
  type CryptoKey,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
} from 'jose';
import type { Clock } from '../time/clock.ts';
import { SigningKeysUnavailableError } from './errors.ts';

export interface SigningKeyOptions {
  readonly clock: Clock;
  /** Keys older than this are read again; default 10 min. */
  readonly cacheMaxAgeMs?: number;
  /** Least time between a read and the next one for an unknown key id; default 30 s. */
  readonly cooldownMs?: number;
  /** Default 3 s. */
  readonly timeoutMs?: number;
  /** After a failed read, keys already known are used for this long without another try; default 10 s. */
  readonly backoffMs?: number;
}

export type SigningKeys = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/**
 * The issuer's public keys, read from its JWKS address when needed and kept. While the address does not answer, keys already
 * known go on serving, so that an outage of the issuer does not stop callers who hold good tokens.
 * The resolver throws jose's errors for a token no key fits, and `SigningKeysUnavailableError` when it cannot tell.
 */
export function createSigningKeys(jwksUri: URL, options: SigningKeyOptions): SigningKeys {
  const remote = createRemoteJWKSet(jwksUri, {
    timeoutDuration: options.timeoutMs ?? 3000,
    cooldownDuration: options.cooldownMs ?? 30_000,
    cacheMaxAge: options.cacheMaxAgeMs ?? 600_000,
  });
  let lastFailure: { readonly atMs: number; readonly error: unknown } | undefined;

  return async (header, token) => {
    const nowMs = options.clock.now().getTime();
    const known = remote.jwks();
    const backingOff = lastFailure !== undefined && nowMs < lastFailure.atMs + (options.backoffMs ?? 10_000);
    if (!known || !backingOff) {
      try {
        const key = await remote(header, token);
        lastFailure = undefined;
        return key;
      } catch (error) {
        if (isAboutToken(error)) throw error;
        lastFailure = { atMs: nowMs, error };
        if (!known) throw new SigningKeysUnavailableError(error);
      }
    }
    try {
      return await createLocalJWKSet(known)(header, token);
    } catch (error) {
      // The key may be a new one that only the silent issuer knows.
      throw error instanceof errors.JWKSNoMatchingKey
        ? new SigningKeysUnavailableError(lastFailure?.error)
        : error;
    }
  };
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWSInvalid
  );
}
