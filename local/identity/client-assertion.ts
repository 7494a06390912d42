import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Client } from './clients.ts';
import { OAuthError } from './errors.ts';

/** The value of `client_assertion_type`, RFC 7523 section 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Longest life of an assertion, as Entra recommends for its own. */
const MAX_LIFE_SECONDS = 600;
const CLOCK_TOLERANCE_SECONDS = 5;

export interface AssertionCheck {
  /** What the assertion may name as audience: the token endpoint and the issuer. */
  readonly audiences: readonly string[];
  readonly findClient: (clientId: string) => Promise<Client | undefined>;
  readonly now: () => Date;
}

/**
 * Checks client assertions (RFC 7523 section 3, `private_key_jwt`): signature by the client's registered key, issuer and subject
 * the client, this server the audience, not expired, not longer than ten minutes, and never used before.
 * Used ids are kept in memory: an assertion signed before this check was made is refused, so a restart opens no gap.
 * @returns a function that resolves with the client the assertion proves, or throws `OAuthError('invalid_client')`
 */
export function createAssertionCheck(check: AssertionCheck): (assertion: string) => Promise<Client> {
  const startedAtSeconds = Math.floor(check.now().getTime() / 1000);
  const used = new Map<string, number>();

  const rememberOnce = (key: string, expiresAtSeconds: number): void => {
    const nowSeconds = check.now().getTime() / 1000;
    for (const [old, until] of used) if (until < nowSeconds) used.delete(old);
    if (used.has(key)) throw refuse('the client assertion was used before; sign a new one with its own jti');
    used.set(key, expiresAtSeconds + CLOCK_TOLERANCE_SECONDS);
  };

  return async (assertion) => {
    const client = await check.findClient(claimedClientId(assertion));
    if (!client) throw refuse('the client that the assertion names is not registered');
    const payload = await verify(assertion, client, check);
    const { exp = 0, iat = 0, jti = '' } = payload;
    if (exp - check.now().getTime() / 1000 > MAX_LIFE_SECONDS + CLOCK_TOLERANCE_SECONDS)
      throw refuse(`the client assertion lives longer than ${MAX_LIFE_SECONDS} seconds`);
    if (iat < startedAtSeconds)
      throw refuse('the client assertion is older than this server; sign a new one');
    if (typeof jti !== 'string' || jti.length === 0 || jti.length > 128)
      throw refuse('the client assertion needs a jti of 1 to 128 characters');
    rememberOnce(`${client.clientId} ${jti}`, exp);
    return client;
  };
}

/** The client that signed, by its own word: only to find the key that proves it. */
function claimedClientId(assertion: string): string {
  try {
    return decodeJwt(assertion).sub ?? '';
  } catch (cause) {
    throw refuse('the client assertion is not a JWT', cause);
  }
}

async function verify(assertion: string, client: Client, check: AssertionCheck): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, keyFor(assertion, client, check.now()), {
      algorithms: ['RS256', 'PS256'],
      issuer: client.clientId,
      subject: client.clientId,
      audience: [...check.audiences],
      requiredClaims: ['exp', 'iat', 'jti'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: check.now(),
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JOSEError)
      throw refuse(`the client assertion does not hold: ${cause.message}`, cause);
    throw cause;
  }
}

/** The certificate that the header names by its thumbprint, or the one key the client is known by. */
function keyFor(assertion: string, client: Client, now: Date): KeyObject {
  const { x5t, 'x5t#S256': x5tS256 } = decodeProtectedHeader(assertion) as Record<string, unknown>;
  if (x5t === undefined && x5tS256 === undefined) {
    if (!client.publicKey) throw refuse('the client assertion names no certificate (x5t or x5t#S256)');
    return createPublicKey({ key: client.publicKey, format: 'jwk' });
  }
  const named = client.keyCredentials
    .map(({ key }) => new X509Certificate(Buffer.from(key, 'base64')))
    .find(({ fingerprint, fingerprint256 }) =>
      x5tS256 === undefined ? x5t === digest(fingerprint) : x5tS256 === digest(fingerprint256),
    );
  if (!named) throw refuse('the certificate that the client assertion names is not registered');
  if (now < named.validFromDate || now > named.validToDate)
    throw refuse('the certificate that the client assertion names is not valid at this time');
  return named.publicKey;
}

function digest(fingerprint: string): string {
  return Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url');
}

function refuse(description: string, cause?: unknown): OAuthError {
  return new OAuthError('invalid_client', description, { cause });
}
