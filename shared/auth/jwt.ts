import { type JWTPayload, errors, jwtVerify } from 'jose';
import { AppError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { UnauthenticatedError } from './errors.ts';
import type { Authenticator, Principal } from './principal.ts';
import { rolesFromClaim } from './roles.ts';
import { type SigningKeys, createSigningKeys } from './signing-keys.ts';

export interface JwtOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: URL;
  readonly clock?: Clock;
  /** Replaces the keys at `jwksUri`. */
  readonly signingKeys?: SigningKeys;
}

/** Asymmetric only: with a symmetric one, a public key would do as the secret. */
const ALGORITHMS = ['RS256', 'ES256'];
const CLOCK_TOLERANCE_SECONDS = 30;

/** What the caller is told; jose's own words may quote the token. */
const CLAIM_MESSAGES: Readonly<Record<string, string>> = {
  iss: 'The token comes from another issuer.',
  aud: 'The token is meant for another audience.',
  nbf: 'The token is not valid yet.',
  exp: 'The token carries no expiry.',
  sub: 'The token carries no subject.',
};

/**
 * Checks bearer tokens: signature by the issuer's keys, issuer, audience and life time. The token is the only thing believed;
 * headers of the platform such as `X-MS-CLIENT-PRINCIPAL` are never read.
 */
export function createJwtAuthenticator(options: JwtOptions): Authenticator {
  const clock = options.clock ?? systemClock;
  const signingKeys = options.signingKeys ?? createSigningKeys(options.jwksUri, { clock });
  return {
    authenticate: async (authorization) => {
      const token = bearerToken(authorization);
      try {
        const { payload } = await jwtVerify(token, signingKeys, {
          issuer: options.issuer,
          audience: options.audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: clock.now(),
          requiredClaims: ['exp', 'sub'],
        });
        return toPrincipal(payload);
      } catch (error) {
        throw error instanceof AppError ? error : refusal(error);
      }
    },
  };
}

function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new UnauthenticatedError('token-missing', 'Send a bearer token.');
  return token;
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired)
    return new UnauthenticatedError('token-expired', 'The token has expired.', error);
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new UnauthenticatedError(
      'token-invalid',
      CLAIM_MESSAGES[error.claim] ?? 'The token is not valid.',
      error,
    );
  }
  if (error instanceof errors.JOSEError) {
    return new UnauthenticatedError('token-invalid', 'The token is not valid.', error);
  }
  return error;
}

/**
 * Claims by Microsoft Entra's access token reference: `oid` is the same for one person whatever client they use, `sub` need not
 * be; `idtyp` is `app` when no user stands behind the token.
 */
function toPrincipal(claims: JWTPayload): Principal {
  const roles = rolesFromClaim(claims['roles']);
  const userName = text(claims['preferred_username']) ?? text(claims['name']);
  const application = text(claims['azp']) ?? text(claims['appid']);
  const subject = text(claims['oid']) ?? claims.sub ?? '';
  const isService = claims['idtyp'] === 'app' || (userName === undefined && application !== undefined);
  return {
    subject,
    name: userName ?? text(claims['app_displayname']) ?? application ?? subject,
    roles,
    kind: roles.has('Mcms.CmdHost') ? 'workstation' : isService ? 'service' : 'user',
  };
}

function text(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}
